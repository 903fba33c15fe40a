/** The URL of the same server for another database or by another user. */
export function urlOf(
  server: string,
  { database, user, password }: { database?: string; user?: string; password?: string },
): string {
  const url = new URL(server);
  if (database !== undefined) url.pathname = `/${encodeURIComponent(database)}`;
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url.href;
}
