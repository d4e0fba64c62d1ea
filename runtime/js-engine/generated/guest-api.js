function n(t){return t}function e(t,s){return Object.assign(new Error(t),s)}export{n as definePlugin,e as stepFailure};
