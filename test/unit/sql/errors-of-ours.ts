import { expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';

/** What every dialect's `classify` does with errors that no server sent. */
export function describeErrorsOfOurs(classify: (error: unknown) => FreshetError): void {
  it('a mistake of the program is one, and a registered error stays what it is', () => {
    expect(classify(new TypeError('x is not a function')).code).toBe('DESTINATION_BUG');
    expect(classify('no error').code).toBe('DESTINATION_BUG');
    const registered = new FreshetError('POSITION_MOVED', { entity: 'account' });
    expect(classify(registered)).toBe(registered);
  });
}
