/** A person of the local issuer. */
export interface Person {
  readonly roles: readonly string[];
  /** Absent: the issuer's usual one. */
  readonly subject?: string;
  readonly name?: string;
}

/** Keeps a token of the local issuer, and asks for a new one when half of its life is over. */
export function bearerOf(issuer: string, person: Person): () => Promise<string> {
  let token: { readonly text: string; readonly renewAt: number } | null = null;
  return async () => {
    if (token && token.renewAt > performance.now()) return token.text;
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(person),
    });
    const { access_token, expires_in: seconds } = (await answer.json()) as { access_token: string; expires_in: number };
    token = { text: `Bearer ${access_token}`, renewAt: performance.now() + (seconds * 1000) / 2 };
    return token.text;
  };
}
