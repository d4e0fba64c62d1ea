#include "greet.h"
#include "waterflow.h"

/* What the agent calls: from the inputs to the outputs, which plugin.yaml declares. */
WF_EXPORT int run(void) {
  wf_text inputs = wf_inputs();
  wf_text path = wf_json_text(inputs, "path");
  wf_text greeting = greet(wf_json_text(inputs, "name"));
  if (greeting.length == 0) return wf_fail(wf_string("name is empty"));

  wf_answer written = wf_fs_write(path, wf_join(greeting, wf_string("\n")));
  if (written.outcome != WF_OK) return wf_end(written);
  wf_log(wf_join(wf_string("wrote "), path));

  wf_writer outputs = wf_object();
  wf_put_text(&outputs, "greeting", greeting);
  return wf_output(wf_done(&outputs));
}
