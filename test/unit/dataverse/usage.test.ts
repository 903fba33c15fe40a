import { describe, expect, it } from 'vitest';
import { Usage } from '../../../shared/dataverse/usage.ts';

describe('the usage of an organization', () => {
  it('tells of requests that nobody reserved, once, and of the time of all', () => {
    const usage = new Usage();
    usage.reserved();
    usage.made(40);
    usage.made(5);
    usage.made(5);
    expect(usage.take()).toEqual({ requests: 2, elapsedMs: 50 });
    expect(usage.take()).toEqual({ requests: 0, elapsedMs: 0 });
  });

  it('keeps a reservation whose request is still to come', () => {
    const usage = new Usage();
    usage.reserved();
    expect(usage.take()).toEqual({ requests: 0, elapsedMs: 0 });
    usage.made(7);
    expect(usage.take()).toEqual({ requests: 0, elapsedMs: 7 });
  });
});
