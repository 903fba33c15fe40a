import type { DeleteBehavior } from './definitions.ts';

/** Tables that others merely mention: deleting their rows is not what this organization is about. */
const MENTIONED = new Set([
  'systemuser',
  'team',
  'businessunit',
  'organization',
  'transactioncurrency',
  'externalparty',
]);

/** Relationships that own their rows, as the real ones do by default. */
const PARENTAL: readonly { readonly child: RegExp; readonly attribute: string }[] = [
  { child: /^activityparty$/, attribute: 'activityid' },
  { child: /^activityparty$/, attribute: 'partyid' },
  { child: /./, attribute: 'regardingobjectid' },
];

const RESTRICTED = new Set(['eventhandler', 'sdkmessageid', 'sdkmessagefilterid']);

/** What a relationship does on delete when its definition does not say. */
export function defaultDeleteBehavior(child: string, attribute: string, parent: string): DeleteBehavior {
  if (RESTRICTED.has(attribute)) return 'Restrict';
  if (PARENTAL.some((rule) => rule.child.test(child) && rule.attribute === attribute)) return 'Cascade';
  return MENTIONED.has(parent) ? 'NoCascade' : 'RemoveLink';
}
