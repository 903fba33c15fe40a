import { inspect } from 'node:util';
import { MASK } from '../log/redact.ts';

/** A text that must not be printed: only `reveal` tells it, whatever logs, serialises or interpolates the rest. */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
