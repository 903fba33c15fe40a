import { describe, expect, it } from 'vitest';
import { failureLine, usDateTime } from '../../../shared/export/failures/failure-log.ts';
import { hourFolder } from '../../../shared/export/failures/folders.ts';

describe('a line of the failure log', () => {
  it('has the form of the original', () => {
    const line = failureLine({
      entity: 'account',
      recordId: 'b2a19cdd-88df-e311-b8e5-6c3be5a8b200',
      notifiedAt: Date.UTC(2016, 7, 31, 18, 50, 38),
      changeType: 'New',
      reason: "Invalid object name 'dbo.hatest201_account'.",
    });
    expect(line).toBe(
      "Entity: account, RecordId: b2a19cdd-88df-e311-b8e5-6c3be5a8b200, NotificationTime: 8/31/2016 6:50:38 PM, ChangeType: New, FailureReason: Invalid object name 'dbo.hatest201_account'.\n",
    );
  });

  it('leaves the time empty when no notification is known', () => {
    const line = failureLine({
      entity: 'lead',
      recordId: 'N/A',
      notifiedAt: null,
      changeType: 'Trigger Initial Export',
      reason: 'no',
    });
    expect(line).toBe(
      'Entity: lead, RecordId: N/A, NotificationTime: , ChangeType: Trigger Initial Export, FailureReason: no\n',
    );
  });

  it.each([
    [Date.UTC(2016, 11, 28, 0, 32, 39), '12/28/2016 12:32:39 AM'],
    [Date.UTC(2026, 0, 2, 12, 5, 9), '1/2/2026 12:05:09 PM'],
    [Date.UTC(2026, 0, 2, 23, 59, 59), '1/2/2026 11:59:59 PM'],
  ])('writes the time as US English does (%#)', (ms, text) => {
    expect(usDateTime(ms)).toBe(text);
  });

  it('lies in a folder of its hour', () => {
    expect(hourFolder(Date.UTC(2026, 0, 2, 3, 4))).toBe('2026/01/02/03');
  });
});
