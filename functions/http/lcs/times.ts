/** `2021-06-03T15:10:00.0`: UTC without a zone, at least one digit of the second's fraction and no zero after it. */
export function lcsTime(ms: number): string {
  return new Date(ms).toISOString().replace(/0{0,2}Z$/, '');
}

/** `8/5/2021 12:42 PM`, in UTC. */
export function usTime(ms: number): string {
  const at = new Date(ms);
  const [hours, minutes] = [at.getUTCHours(), at.getUTCMinutes()];
  const date = `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()}`;
  return `${date} ${hours % 12 || 12}:${String(minutes).padStart(2, '0')} ${hours < 12 ? 'AM' : 'PM'}`;
}
