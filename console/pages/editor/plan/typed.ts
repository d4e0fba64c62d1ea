import { useSignal } from '@preact/signals';

/** What an element that is written into is told. */
interface Written {
  readonly currentTarget: { readonly value: string };
}

/** To be spread over an element that is written into. */
export interface Typed {
  readonly value: string;
  readonly onInput: (event: Written) => void;
  readonly onChange: (event: Written) => void;
  readonly onBlur: () => void;
}

/**
 * Keeps what somebody is writing into a field while the form around it is drawn anew, as it is whenever the text was read. `take` is given what was
 * written once that is all; then the field shows what there is, taken or not. False: it stays as it was written.
 */
export function useTyped(shown: string, take: (text: string) => Promise<boolean>): Typed {
  const typed = useSignal<string | undefined>(undefined);
  const end = async (text: string): Promise<void> => {
    const isOver = await take(text);
    // Somebody may have begun again meanwhile.
    if (isOver && typed.value === text) typed.value = undefined;
  };
  return {
    value: typed.value ?? shown,
    onInput: ({ currentTarget }) => (typed.value = currentTarget.value),
    onChange: ({ currentTarget }) => void end(currentTarget.value),
    onBlur() {
      if (typed.value === shown) typed.value = undefined;
    },
  };
}
