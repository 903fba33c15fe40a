import type { Mutant } from '../mutants.ts';

/** Rules of the runbook switched off, one at a time; the crash runs must notice each. */
export const REFRESH_MUTANTS: readonly Mutant[] = [
  {
    name: 'swap-by-name',
    breaks: 'each rename of the swap is decided by the id of the database',
    file: 'shared/refresh/runbook/swap.ts',
    from: 'if (found[role].old.name === name) await rename(turn, servers[role], mustHaveId(old), old.name);',
    to: `const named = await servers[role].find(name);
      if (named) await rename(turn, servers[role], named.id, old.name);`,
  },
  {
    name: 'one-of-two',
    breaks: 'both databases are exchanged, or neither',
    file: 'shared/refresh/runbook/plan.ts',
    from: "swap: { title: 'Swaps the databases', next: { step: 'open' }, failed: PUT_BACK },",
    to: "swap: { title: 'Swaps the databases', next: { step: 'open' }, failed: FAIL },",
  },
  {
    name: 'old-dropped-early',
    breaks: 'the old databases are kept until the sign-off',
    file: 'shared/refresh/runbook/swap.ts',
    from: 'await server.open(mustHaveId(copy));',
    to: `await server.open(mustHaveId(copy));
      await server.drop(mustHaveId(turn.operation.databases.transactional.old));`,
  },
  {
    name: 'lock-not-released',
    breaks: 'after a sign-off the next operation may begin',
    file: 'shared/control/rules/locks.ts',
    from: "SignedOff: 'none',",
    to: "SignedOff: 'target',",
  },
  {
    name: 'verified-by-nobody',
    breaks: 'a scrub that did not hold ends the operation before the swap',
    file: 'shared/refresh/runbook/scrub.ts',
    from: 'const [first] = findings;',
    to: 'const [first] = findings.filter(() => false);',
  },
  {
    name: 'not-shut-for-the-swap',
    breaks: 'the target refuses connections until both names are right',
    file: 'shared/refresh/runbook/swap.ts',
    from: 'server.shut(mustHaveId(old))',
    to: 'void [server, old]',
  },
  {
    name: 'users-forgotten',
    breaks: 'the target’s own users return',
    file: 'shared/refresh/runbook/prepare.ts',
    from: 'await server.giveAccess(mustHaveId(copy), await server.access(mustHaveId(old)));',
    to: 'await server.access(mustHaveId(old));',
  },
  {
    name: 'half-copy-left',
    breaks: 'a copy that broke off is found by its name and dropped',
    file: 'shared/refresh/runbook/clear-up.ts',
    from: '(copy.id && (await server.findById(copy.id))) || (await server.find(copy.name))',
    to: 'copy.id && (await server.findById(copy.id))',
  },
  {
    name: 'abort-forgotten',
    breaks: 'an abort that was accepted is carried out',
    file: 'shared/refresh/runbook/run-step.ts',
    from: "if (operation.abortedBy && isAbortable(step)) return { step: 'discard' };",
    to: '',
  },
  {
    name: 'request-not-withdrawn',
    breaks: 'what a dead request left behind locks nobody out',
    file: 'shared/refresh/runbook/run-step.ts',
    from: 'await ports.control.operations.withdraw(operation);',
    to: '',
  },
  {
    name: 'no-second-attempt',
    breaks: 'trouble that passes fails nothing',
    file: 'shared/refresh/runbook/run-step.ts',
    from: 'operation.attempts < ATTEMPTS_MAX',
    to: 'operation.attempts < 1',
  },
  {
    name: 'names-given-up',
    breaks: 'whoever puts names right waits for an outage to end, however long it lasts',
    file: 'shared/refresh/runbook/run-step.ts',
    from: 'if (passes && patient) return true;',
    to: '',
  },
  {
    name: 'moved-in-the-middle',
    breaks: 'what an operation works with is not changed in the middle of it',
    file: 'shared/control/memory/environments.ts',
    from: "if (!isSame && isBusy({ projectId, id })) return 'busy';",
    to: '',
  },
  {
    name: 'hold-kept',
    breaks: 'after an operation the target is available',
    file: 'shared/refresh/runbook/clear-up.ts',
    from: 'await turn.ports.control.environments.release(targetOf(turn.operation), turn.operation.id);',
    to: '',
  },
  {
    name: 'lost-turn-writes',
    breaks: 'a worker whose step was taken by another one writes nothing more',
    file: 'shared/refresh/runbook/turn.ts',
    from: 'if (now?.turn !== this.#known.turn || now.step !== this.step) throw new Superseded();',
    to: 'if (!now) throw new Superseded();',
  },
];
