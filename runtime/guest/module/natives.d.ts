/** What the engine gives to the prelude of a module, see runtime/js-engine/shim.c. In scope there, and nowhere in a plugin. */
declare const natives: {
  /** A frame to the host and its answer, both JSON text. */
  readonly send: (frame: string) => string;
  /** Gives the outputs, as JSON text. */
  readonly output: (json: string) => void;
  /** Says that the run failed, and how, as JSON text. */
  readonly error: (json: string) => void;
  /** Whether this code runs while the plugin is built. */
  readonly isBuilding: () => boolean;
  /** Throws where the plugin is being built, since what is named can't be done then. */
  readonly refuse: (what: string) => void;
};

/** The polyfills that the plugin needs, by name: each gives its exports. In scope like `natives`. */
declare const polyfills: Readonly<Record<string, () => Readonly<Record<string, unknown>>>>;
