import type { WriteRules } from '../http/site.ts';
import { duplicateKey, invalidValue } from '../model/errors.ts';
import type { Organization } from '../model/organization.ts';
import { type Cell, isReference } from '../model/row.ts';

const SAS_KEY_LENGTH = 44;
const POST_OPERATION = 40;
const ASYNCHRONOUS = 1;
const AUTH_BY_SAS_KEY = 2;

type Values = Record<string, unknown>;

/** What the service checks of endpoints and steps before it takes them (reference: dataverse.md, part 3). */
export function registrationRules(organization: Organization): WriteRules {
  return {
    beforeWrite: (entity, id, values) => {
      if (entity === 'serviceendpoint') return checkedEndpoint(organization, id, values);
      if (entity === 'sdkmessageprocessingstep') checkStep(organization, id, values);
      return values;
    },
  };
}

function checkedEndpoint(organization: Organization, id: string | null, values: Values): Values {
  const table = organization.table('serviceendpoint');
  for (const row of table.rows.values())
    if (values.name !== undefined && row.self.id !== id && table.cell(row, 'name') === values.name)
      throw duplicateKey();
  if (id === null) require(values, ['name', 'contract', 'solutionnamespace', 'path']);
  const { saskey, authtype } = values;
  const isKeyGiven = saskey !== undefined && saskey !== null;
  if (isKeyGiven && (typeof saskey !== 'string' || saskey.length !== SAS_KEY_LENGTH))
    throw invalidValue(`The SAS key must have ${SAS_KEY_LENGTH} characters.`, '0x80040203');
  if (id === null && authtype === AUTH_BY_SAS_KEY && (!isKeyGiven || !values.saskeyname))
    throw invalidValue('An endpoint with a SAS key needs saskeyname and saskey.', '0x80040203');
  return {
    ...values,
    ...(saskey === undefined ? {} : { issaskeyset: isKeyGiven }),
    ...(values.sastoken === undefined ? {} : { issastokenset: values.sastoken !== null }),
    ...(values.authvalue === undefined ? {} : { isauthvalueset: values.authvalue !== null }),
  };
}

/** A webhook has neither queue nor namespace. */
function require(values: Values, names: readonly string[]): void {
  const needed = values.contract === 8 ? ['name', 'contract', 'url'] : names;
  const missing = needed.find((name) => values[name] === undefined || values[name] === null);
  if (missing) throw invalidValue(`The attribute ${missing} of serviceendpoint is required.`, '0x80040200');
}

function checkStep(organization: Organization, id: string | null, values: Values): void {
  const table = organization.table('sdkmessageprocessingstep');
  const before = id === null ? undefined : organization.row('sdkmessageprocessingstep', id);
  const effective = (name: string): unknown =>
    values[name] === undefined && before ? table.cell(before, name) : values[name];
  for (const name of ['name', 'sdkmessageid', 'eventhandler'])
    if (!effective(name))
      throw invalidValue(`The attribute ${name} of sdkmessageprocessingstep is required.`, '0x80040200');
  if (effective('mode') !== ASYNCHRONOUS || effective('stage') !== POST_OPERATION)
    throw invalidValue(
      'Steps of a service endpoint run asynchronously, after the operation (stage 40, mode 1).',
      '0x80040203',
    );
  checkFilter(organization, effective('sdkmessageid') as Cell, effective('sdkmessagefilterid') as Cell | undefined);
}

function checkFilter(organization: Organization, message: Cell, filter: Cell | undefined): void {
  if (!isReference(filter)) return;
  const row = organization.row('sdkmessagefilter', filter.id);
  const of = organization.table('sdkmessagefilter').cell(row, 'sdkmessageid');
  if (isReference(of) && isReference(message) && of.id !== message.id)
    throw invalidValue('The message filter does not belong to the message of the step.', '0x80040203');
}
