function n(e){return e}function o(e,r){return Object.assign(new Error(e),r)}export{n as definePlugin,o as stepFailure};
