import type { HttpMethod } from '@azure/functions';
import type { z } from 'zod';

/** What is told of one operation of the API: from the list of all, the OpenAPI description is made. */
export interface Operation {
  /** The function's name and the operation's id; the original's where it had one. */
  readonly name: string;
  readonly method: Extract<HttpMethod, 'GET' | 'POST' | 'PUT' | 'DELETE'>;
  readonly route: string;
  readonly summary: string;
  /** Query parameters: what each means. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  /** Null: the answer has no content. A text: its media type. */
  readonly answer: z.ZodType | string | null;
  readonly status?: number;
  /** What is answered instead when it does not go well; absent: an error of the export's API. */
  readonly refusal?: z.ZodType;
}
