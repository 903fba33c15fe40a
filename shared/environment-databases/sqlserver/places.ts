import { TYPES } from 'tedious';
import { bigint, type Parameter, type Parameters, text } from '../../sql/sqlserver/session.ts';

/** Collects the parameters of a statement while it is written. */
export class Places {
  readonly #parameters: Record<string, Parameter> = {};
  #count = 0;

  /** The next parameter's place. */
  add(parameter: Parameter): string {
    this.#count += 1;
    const name = `p${this.#count}`;
    this.#parameters[name] = parameter;
    return `@${name}`;
  }

  text(value: string): string {
    return this.add(text(value));
  }

  /** Exact as far as a number of the rules is. */
  number(value: number): string {
    return this.add(Number.isSafeInteger(value) ? bigint(value) : { type: TYPES.Float, value });
  }

  get parameters(): Parameters {
    return this.#parameters;
  }
}
