/*
 * QuickJS-ng as a WebAssembly module that speaks ABI waterflow (docs/host-calls.md): what a plugin in TypeScript is compiled into.
 *
 * While a plugin is built, tools load the prelude and the plugin into this engine and keep its memory (snapshot/): the module that
 * comes of it starts where they left off. The exports whose names begin with `build_` are for that time only, and not part of the
 * finished module. Everything else is in TypeScript, runtime/guest/module.ts: this file gives it five functions and calls three.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "quickjs.h"

#define KERNEL(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
#define HOST(name) __attribute__((import_module("extism:host/user"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

KERNEL(input_length) uint64_t kernel_input_length(void);
KERNEL(input_load_u8) uint32_t kernel_input_load_u8(uint64_t);
KERNEL(input_load_u64) uint64_t kernel_input_load_u64(uint64_t);
KERNEL(alloc) uint64_t kernel_alloc(uint64_t);
KERNEL(free) void kernel_free(uint64_t);
KERNEL(length) uint64_t kernel_length(uint64_t);
KERNEL(load_u8) uint32_t kernel_load_u8(uint64_t);
KERNEL(load_u64) uint64_t kernel_load_u64(uint64_t);
KERNEL(store_u8) void kernel_store_u8(uint64_t, uint32_t);
KERNEL(store_u64) void kernel_store_u64(uint64_t, uint64_t);
KERNEL(output_set) void kernel_output_set(uint64_t, uint64_t);
KERNEL(error_set) void kernel_error_set(uint64_t);
HOST(host_call) uint64_t host_call(uint64_t);

extern void __wasm_call_ctors(void);

static JSRuntime *runtime;
static JSContext *context;
/* Functions of the prelude, and the plugin's exports. */
static JSValue start_run, take_answer, take_rejection, plugin_exports;
/* True until the module is finished: there is no host yet to ask for anything. */
static int is_building = 1;

/* ---- text between the kernel's memory and this one --------------------------------------------------------------------- */

/* A block is as long as its content: Extism's host takes all of it, whatever length is said beside it. */
static uint64_t to_block(const char *text, size_t length)
{
    uint64_t block = kernel_alloc(length), word;
    size_t at = 0;

    for (; at + 8 <= length; at += 8) {
        memcpy(&word, text + at, 8);
        kernel_store_u64(block + at, word);
    }
    for (; at < length; at++)
        kernel_store_u8(block + at, (uint8_t)text[at]);
    return block;
}

/* The callers free it. NULL where there is no memory for it. */
static char *from_kernel(uint64_t block, size_t length, uint64_t (*load_u64)(uint64_t), uint32_t (*load_u8)(uint64_t))
{
    char *text = malloc(length + 1);
    uint64_t word;
    size_t at = 0;

    if (text == NULL)
        return NULL;
    for (; at + 8 <= length; at += 8) {
        word = load_u64(block + at);
        memcpy(text + at, &word, 8);
    }
    for (; at < length; at++)
        text[at] = (char)load_u8(block + at);
    text[length] = 0;
    return text;
}

static JSValue text_value(JSContext *ctx, char *text, size_t length)
{
    JSValue value;

    if (text == NULL)
        return JS_ThrowOutOfMemory(ctx);
    value = JS_NewStringLen(ctx, text, length);
    free(text);
    return value;
}

/* ---- what the prelude is given ----------------------------------------------------------------------------------------- */

static JSValue refuse_at_top_level(JSContext *ctx, const char *what)
{
    return JS_ThrowTypeError(ctx, "%s at the top level of a module would happen when the plugin is built; move it into the function", what);
}

/* send(frame): a frame to the host and its answer, both JSON text. */
static JSValue js_send(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    const char *frame;
    size_t length;
    uint64_t request, answer;
    JSValue value;

    if (is_building)
        return refuse_at_top_level(ctx, "a host call");
    frame = JS_ToCStringLen(ctx, &length, argv[0]);
    if (frame == NULL)
        return JS_EXCEPTION;
    request = to_block(frame, length);
    JS_FreeCString(ctx, frame);
    answer = host_call(request);
    kernel_free(request);
    length = (size_t)kernel_length(answer);
    value = text_value(ctx, from_kernel(answer, length, kernel_load_u64, kernel_load_u8), length);
    kernel_free(answer);
    return value;
}

/* What the last of these was given stands when `run` returns. */
static JSValue hand_over(JSContext *ctx, JSValueConst text, void (*hand)(uint64_t, uint64_t))
{
    size_t length;
    const char *bytes = JS_ToCStringLen(ctx, &length, text);

    if (bytes == NULL)
        return JS_EXCEPTION;
    hand(to_block(bytes, length), length);
    JS_FreeCString(ctx, bytes);
    return JS_UNDEFINED;
}

static void set_output(uint64_t block, uint64_t length)
{
    kernel_output_set(block, length);
}

static void set_error(uint64_t block, uint64_t length)
{
    (void)length;
    kernel_error_set(block);
}

static JSValue js_output(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    return hand_over(ctx, argv[0], set_output);
}

static JSValue js_error(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    return hand_over(ctx, argv[0], set_error);
}

/* isBuilding(): whether the code that asks runs while the plugin is built. */
static JSValue js_is_building(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    return JS_NewBool(ctx, is_building);
}

/* refuse(what): throws where the plugin is being built. */
static JSValue js_refuse(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    const char *what;
    JSValue error;

    if (!is_building)
        return JS_UNDEFINED;
    what = JS_ToCString(ctx, argv[0]);
    if (what == NULL)
        return JS_EXCEPTION;
    error = refuse_at_top_level(ctx, what);
    JS_FreeCString(ctx, what);
    return error;
}

static JSValue natives(JSContext *ctx)
{
    static const struct {
        const char *name;
        JSCFunction *function;
        int arguments;
    } all[] = {
        { "send", js_send, 1 },
        { "output", js_output, 1 },
        { "error", js_error, 1 },
        { "isBuilding", js_is_building, 0 },
        { "refuse", js_refuse, 1 },
    };
    JSValue object = JS_NewObject(ctx);

    for (size_t each = 0; each < sizeof all / sizeof *all; each++)
        JS_SetPropertyStr(ctx, object, all[each].name, JS_NewCFunction(ctx, all[each].function, all[each].name, all[each].arguments));
    return object;
}

/* ---- while a plugin is built ------------------------------------------------------------------------------------------- */

static char *build_failure;

/* Keeps what was thrown: its name, message and stack. */
static int fail_build(void)
{
    JSValue thrown = JS_GetException(context), stack = JS_UNDEFINED;
    const char *message = JS_ToCString(context, thrown), *places = NULL;

    if (JS_IsObject(thrown)) {
        stack = JS_GetPropertyStr(context, thrown, "stack");
        places = JS_ToCString(context, stack);
    }
    build_failure = malloc((message ? strlen(message) : 0) + (places ? strlen(places) : 0) + 2);
    if (build_failure == NULL)
        __builtin_trap();
    strcpy(build_failure, message ? message : "");
    strcat(build_failure, "\n");
    strcat(build_failure, places ? places : "");
    return 1;
}

static int run_jobs(void)
{
    JSContext *job_context;
    int state;

    while ((state = JS_ExecutePendingJob(runtime, &job_context)) > 0)
        ;
    return state;
}

/* Called first of all: room for a text of so many bytes and a zero behind it. */
EXPORT(build_text) char *build_text(uint32_t length)
{
    static int is_initialised;

    if (!is_initialised) {
        is_initialised = 1;
        __wasm_call_ctors();
    }
    return calloc(1, (size_t)length + 1);
}

/* What went wrong, where another function didn't return 0. */
EXPORT(build_failure) const char *failure_text(void)
{
    return build_failure == NULL ? "" : build_failure;
}

/* Makes the engine. `stack_bytes`: how deep the plugin's calls may go, within this module's own stack. */
EXPORT(build_engine) int build_engine(uint32_t stack_bytes)
{
    runtime = JS_NewRuntime();
    if (runtime == NULL)
        return 1;
    JS_SetMaxStackSize(runtime, stack_bytes);
    context = JS_NewContext(runtime);
    return context == NULL;
}

/* rejected(promise, reason, isHandled): of promises that nobody handles, the prelude decides at the end of all microtasks. */
static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque)
{
    JSValueConst arguments[3] = { promise, reason, JS_NewBool(ctx, is_handled) };
    JSValue result = JS_Call(ctx, take_rejection, JS_UNDEFINED, 3, arguments);

    /* There is no memory for it, which the plugin itself finds out next. */
    if (JS_IsException(result))
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, result);
}

/* Calls a function that is given up; its result is the caller's. */
static JSValue call_with_natives(JSValue function)
{
    JSValue argument, result;

    if (JS_IsException(function))
        return function;
    argument = natives(context);
    result = JS_Call(context, function, JS_UNDEFINED, 1, &argument);
    JS_FreeValue(context, argument);
    JS_FreeValue(context, function);
    return result;
}

/* Evaluates a script that is ours: without its source and places, which take most of the memory, and which nobody asks for. */
static JSValue evaluate_bare(const char *script, uint32_t length, const char *name)
{
    JSValue compiled = JS_Eval(context, script, length, name, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY), bare;
    uint8_t *code;
    size_t size;

    if (JS_IsException(compiled))
        return compiled;
    code = JS_WriteObject(context, &size, compiled, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE | JS_WRITE_OBJ_STRIP_DEBUG);
    JS_FreeValue(context, compiled);
    if (code == NULL)
        return JS_EXCEPTION;
    bare = JS_ReadObject(context, code, size, JS_READ_OBJ_BYTECODE);
    js_free(context, code);
    return JS_IsException(bare) ? bare : JS_EvalFunction(context, bare);
}

/* The prelude: a function of the natives above, whose result has `start`, `settle` and `rejected`. */
EXPORT(build_prelude) int build_prelude(const char *script, uint32_t length)
{
    JSValue prelude = call_with_natives(evaluate_bare(script, length, "prelude.js"));

    if (JS_IsException(prelude))
        return fail_build();
    start_run = JS_GetPropertyStr(context, prelude, "start");
    take_answer = JS_GetPropertyStr(context, prelude, "settle");
    take_rejection = JS_GetPropertyStr(context, prelude, "rejected");
    JS_FreeValue(context, prelude);
    JS_SetHostPromiseRejectionTracker(runtime, on_rejection, NULL);
    return run_jobs() < 0 ? fail_build() : 0;
}

/* The plugin: a function whose result has the exports of its main module. The last step. */
EXPORT(build_plugin) int build_plugin(const char *script, uint32_t length)
{
    plugin_exports = call_with_natives(JS_Eval(context, script, length, "plugin.js", JS_EVAL_TYPE_GLOBAL));
    if (JS_IsException(plugin_exports) || run_jobs() < 0)
        return fail_build();
    JS_RunGC(runtime);
    is_building = 0;
    return 0;
}

/* ---- the plugin ---------------------------------------------------------------------------------------------------------- */

/* The machinery itself has failed, which no plugin can bring about but by taking all memory: the host sees a trap. */
static JSValue certain(JSValue value)
{
    if (JS_IsException(value))
        __builtin_trap();
    return value;
}

EXPORT(run) int32_t run(void)
{
    size_t length = (size_t)kernel_input_length();
    JSValue arguments[2], more;
    int goes_on;

    JS_UpdateStackTop(runtime);
    arguments[0] = plugin_exports;
    arguments[1] = certain(text_value(context, from_kernel(0, length, kernel_input_load_u64, kernel_input_load_u8), length));
    JS_FreeValue(context, certain(JS_Call(context, start_run, JS_UNDEFINED, 2, arguments)));
    JS_FreeValue(context, arguments[1]);
    do {
        /* To the end of all microtasks: then the plugin can do nothing but wait. */
        run_jobs();
        more = certain(JS_Call(context, take_answer, JS_UNDEFINED, 0, NULL));
        goes_on = JS_ToBool(context, more);
        JS_FreeValue(context, more);
    } while (goes_on > 0);
    return 0;
}
