import type { ZodType } from 'zod';

/** An answer is not of the form that the Web API promises; the message says in what, never what the answer holds. */
export class Unreadable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Unreadable';
  }
}

/** An answer in the form expected. Throws Unreadable with the path of the first value that is not. */
export function checked<T>(schema: ZodType<T>, answer: unknown): T {
  const { success, data, error } = schema.safeParse(answer);
  if (success) return data;
  const [issue] = error.issues;
  throw new Unreadable(`${issue?.path.join('.') || 'the answer'} is not as promised (${issue?.code})`);
}
