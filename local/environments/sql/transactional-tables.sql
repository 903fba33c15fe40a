-- The transactional database of a Finance & Operations environment, as far as a refresh meets it: the tables that are not
-- copied, those that stay, and of everything else that a database may hold an example (views, sequences, keys, triggers).
-- Names as the product has them; PostgreSQL folds what is not quoted to lower case, so the published scripts run unchanged.

CREATE SCHEMA dbo;

CREATE TABLE dbo.partitions (partitionkey varchar(8) NOT NULL, name varchar(60) NOT NULL DEFAULT '');

CREATE TABLE dbo.dataarea (id varchar(4) NOT NULL UNIQUE, name varchar(40) NOT NULL DEFAULT '');

CREATE TABLE dbo.userinfo (
  id varchar(20) NOT NULL UNIQUE,
  name varchar(40) NOT NULL DEFAULT '',
  enable integer NOT NULL DEFAULT 0,
  sid varchar(124) NOT NULL DEFAULT '',
  networkdomain varchar(255) NOT NULL DEFAULT '',
  networkalias varchar(255) NOT NULL DEFAULT '',
  identityprovider varchar(255) NOT NULL DEFAULT '',
  objectid uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  company varchar(4) NOT NULL DEFAULT 'dat',
  language varchar(7) NOT NULL DEFAULT 'en-us',
  helplanguage varchar(7) NOT NULL DEFAULT 'en-us',
  preferredtimezone integer NOT NULL DEFAULT 0,
  defaultpartition integer NOT NULL DEFAULT 1,
  externalid varchar(129) NOT NULL DEFAULT '',
  externalidtype integer NOT NULL DEFAULT 0,
  ismicrosoftaccount integer NOT NULL DEFAULT 0,
  interactivelogon integer NOT NULL DEFAULT 1,
  accounttype integer NOT NULL DEFAULT 2
);

CREATE TABLE dbo.sysuserinfo (
  id varchar(20) NOT NULL UNIQUE REFERENCES dbo.userinfo (id),
  email varchar(80) NOT NULL DEFAULT '',
  language varchar(7) NOT NULL DEFAULT 'en-us'
);

CREATE TABLE dbo.logisticslocation (
  locationid varchar(30) NOT NULL UNIQUE,
  description varchar(60) NOT NULL DEFAULT '',
  ispostaladdress integer NOT NULL DEFAULT 0
);

CREATE TABLE dbo.logisticselectronicaddress (
  location bigint NOT NULL,
  type integer NOT NULL DEFAULT 0,
  locator varchar(255) NOT NULL DEFAULT '',
  locatorextension varchar(10) NOT NULL DEFAULT '',
  description varchar(60) NOT NULL DEFAULT '',
  countryregioncode varchar(5) NOT NULL DEFAULT '',
  electronicaddressroles varchar(1000) NOT NULL DEFAULT '',
  isinstantmessage integer NOT NULL DEFAULT 0,
  ismobilephone integer NOT NULL DEFAULT 0,
  isprimary integer NOT NULL DEFAULT 0,
  isprivate integer NOT NULL DEFAULT 0,
  privateforparty bigint NOT NULL DEFAULT 0
);
CREATE INDEX i_logisticselectronicaddress_location ON dbo.logisticselectronicaddress (location, type);
CREATE INDEX i_logisticselectronicaddress_mail ON dbo.logisticselectronicaddress (locator) WHERE type = 2;

CREATE TABLE dbo.batchgroup (groupid varchar(10) NOT NULL UNIQUE, description varchar(60) NOT NULL DEFAULT '');

CREATE TABLE dbo.batchjob (
  caption varchar(255) NOT NULL DEFAULT '',
  company varchar(4) NOT NULL DEFAULT 'dat',
  datapartition varchar(8) NOT NULL DEFAULT 'initial',
  status integer NOT NULL DEFAULT 0,
  canceledby varchar(20) NOT NULL DEFAULT '',
  startdatetime timestamp NOT NULL DEFAULT '1900-01-01',
  enddatetime timestamp NOT NULL DEFAULT '1900-01-01',
  origstartdatetime timestamp NOT NULL DEFAULT '1900-01-01',
  finishing integer NOT NULL DEFAULT 0,
  loglevel integer NOT NULL DEFAULT 1,
  recurrencedata bytea,
  runtimejob integer NOT NULL DEFAULT 0,
  createdby varchar(20) NOT NULL DEFAULT 'Admin'
);
CREATE INDEX i_batchjob_status ON dbo.batchjob (status, origstartdatetime);

CREATE TABLE dbo.batch (
  batchjobid bigint NOT NULL,
  caption varchar(255) NOT NULL DEFAULT '',
  classnumber integer NOT NULL DEFAULT 0,
  groupid varchar(10) NOT NULL DEFAULT '',
  company varchar(4) NOT NULL DEFAULT 'dat',
  status integer NOT NULL DEFAULT 0,
  parameters bytea
);

CREATE TABLE dbo.batchjobhistory (
  batchjobid bigint NOT NULL,
  caption varchar(255) NOT NULL DEFAULT '',
  company varchar(4) NOT NULL DEFAULT 'dat',
  datapartition varchar(8) NOT NULL DEFAULT 'initial',
  status integer NOT NULL DEFAULT 0,
  startdatetime timestamp NOT NULL DEFAULT '1900-01-01',
  enddatetime timestamp NOT NULL DEFAULT '1900-01-01',
  origstartdatetime timestamp NOT NULL DEFAULT '1900-01-01',
  finishing integer NOT NULL DEFAULT 0,
  alertsprocessed integer NOT NULL DEFAULT 0,
  batchcreatedby varchar(20) NOT NULL DEFAULT '',
  canceledby varchar(20) NOT NULL DEFAULT '',
  executedby varchar(20) NOT NULL DEFAULT ''
);

CREATE TABLE dbo.batchhistory (
  batchid bigint NOT NULL,
  batchjobid bigint NOT NULL,
  batchjobhistoryid bigint NOT NULL,
  caption varchar(255) NOT NULL DEFAULT '',
  classnumber integer NOT NULL DEFAULT 0,
  company varchar(4) NOT NULL DEFAULT 'dat',
  status integer NOT NULL DEFAULT 0,
  info bytea
);
CREATE INDEX i_batchhistory_job ON dbo.batchhistory (batchjobhistoryid);

CREATE TABLE dbo.batchconstraintshistory (
  batchid bigint NOT NULL,
  dependsonbatchid bigint NOT NULL,
  expectedstatus integer NOT NULL DEFAULT 0
);

CREATE TABLE dbo.batchserverconfig (
  serverid varchar(60) NOT NULL,
  maxbatchsessions integer NOT NULL DEFAULT 0,
  starttime integer NOT NULL DEFAULT 0,
  endtime integer NOT NULL DEFAULT 0
);
CREATE TABLE dbo.batchservergroup (groupid varchar(10) NOT NULL, serverid varchar(60) NOT NULL);

CREATE TABLE dbo.sysemailparameters (
  key integer NOT NULL DEFAULT 0,
  attachmentspath varchar(255) NOT NULL DEFAULT '',
  maxemailattachmentsize bigint NOT NULL DEFAULT 0,
  smtprelayservername varchar(255) NOT NULL DEFAULT '',
  smtpportnumber integer NOT NULL DEFAULT 25,
  smtpusername varchar(255) NOT NULL DEFAULT '',
  smtpusentlm integer NOT NULL DEFAULT 0,
  smtprequiressl integer NOT NULL DEFAULT 0,
  mailernoninteractive varchar(40) NOT NULL DEFAULT '',
  mailerinteractiveenabled varchar(200) NOT NULL DEFAULT ''
);
CREATE TABLE dbo.sysemailsmtppassword (
  aosid varchar(50) NOT NULL DEFAULT '',
  instancename varchar(50) NOT NULL DEFAULT '',
  password bytea
);

CREATE TABLE dbo.printmgmtdocinstance (
  documenttype integer NOT NULL DEFAULT 0,
  name varchar(80) NOT NULL DEFAULT '',
  nodetype integer NOT NULL DEFAULT 0,
  printtype integer NOT NULL DEFAULT 0,
  priorityid integer NOT NULL DEFAULT 0,
  referencedrecid bigint NOT NULL DEFAULT 0,
  referencedtableid integer NOT NULL DEFAULT 0,
  suppress integer NOT NULL DEFAULT 0
);
CREATE TABLE dbo.printmgmtsettings (
  description varchar(60) NOT NULL DEFAULT '',
  numberofcopies integer NOT NULL DEFAULT 1,
  parentid bigint NOT NULL,
  printjobsettings bytea,
  priorityid integer NOT NULL DEFAULT 0,
  querypacked bytea,
  reportformat bigint NOT NULL DEFAULT 0,
  suppress integer NOT NULL DEFAULT 0
);

CREATE TABLE dbo.sysserverconfig (
  serverid varchar(60) NOT NULL,
  azuredeploymentid varchar(60) NOT NULL DEFAULT '',
  clusterrefrecid bigint NOT NULL DEFAULT 0,
  enablebatch integer NOT NULL DEFAULT 0,
  maxsessions integer NOT NULL DEFAULT 0,
  serverguid uuid
);
CREATE TABLE dbo.sysserversessions (
  serverid integer NOT NULL,
  aosid varchar(50) NOT NULL DEFAULT '',
  instance_name varchar(50) NOT NULL DEFAULT '',
  aosaccount varchar(100) NOT NULL DEFAULT '',
  logindatetime timestamp NOT NULL DEFAULT '1900-01-01',
  status integer NOT NULL DEFAULT 0
);
CREATE TABLE dbo.sysclientsessions (
  sessionid integer NOT NULL,
  serverid integer NOT NULL,
  version integer NOT NULL DEFAULT 0,
  logindatetime timestamp NOT NULL DEFAULT '1900-01-01',
  logindatetimetzid integer NOT NULL DEFAULT 0,
  status integer NOT NULL DEFAULT 0,
  userid varchar(20) NOT NULL DEFAULT '',
  sid varchar(124) NOT NULL DEFAULT '',
  userlanguage varchar(7) NOT NULL DEFAULT 'en-us',
  helplanguage varchar(7) NOT NULL DEFAULT 'en-us',
  clienttype integer NOT NULL DEFAULT 0,
  sessiontype integer NOT NULL DEFAULT 0,
  clientcomputer varchar(80) NOT NULL DEFAULT '',
  datapartition varchar(8) NOT NULL DEFAULT 'initial'
);
CREATE TABLE dbo.syscorpnetprinters (
  printerid varchar(60) NOT NULL,
  printername varchar(255) NOT NULL DEFAULT '',
  description varchar(255) NOT NULL DEFAULT '',
  printerpath varchar(255) NOT NULL DEFAULT '',
  active integer NOT NULL DEFAULT 0
);

CREATE TABLE dbo.docuvalue (
  name varchar(259) NOT NULL DEFAULT '',
  filename varchar(255) NOT NULL DEFAULT '',
  originalfilename varchar(259) NOT NULL DEFAULT '',
  filetype varchar(4) NOT NULL DEFAULT '',
  path varchar(259) NOT NULL DEFAULT '',
  type integer NOT NULL DEFAULT 0,
  fileid uuid,
  accessinformation varchar(1000) NOT NULL DEFAULT '',
  storageproviderid integer NOT NULL DEFAULT 0,
  file bytea
);
CREATE TABLE dbo.docuref (
  typeid varchar(10) NOT NULL DEFAULT 'File',
  name varchar(60) NOT NULL DEFAULT '',
  notes text,
  reftableid integer NOT NULL DEFAULT 0,
  refrecid bigint NOT NULL,
  valuerecid bigint NOT NULL
);

CREATE TABLE dbo.custtable (
  dataareaid varchar(4) NOT NULL DEFAULT 'dat',
  accountnum varchar(20) NOT NULL,
  party bigint NOT NULL,
  custgroup varchar(10) NOT NULL DEFAULT '',
  currency varchar(3) NOT NULL DEFAULT 'EUR',
  creditmax numeric(32, 6) NOT NULL DEFAULT 0,
  blocked integer NOT NULL DEFAULT 0,
  modifieddatetime timestamp NOT NULL DEFAULT '2019-01-01',
  UNIQUE (dataareaid, accountnum)
);
COMMENT ON TABLE dbo.custtable IS 'Customers';
CREATE TABLE dbo.inventtable (
  dataareaid varchar(4) NOT NULL DEFAULT 'dat',
  itemid varchar(20) NOT NULL,
  namealias varchar(60) NOT NULL DEFAULT '',
  UNIQUE (dataareaid, itemid)
);
CREATE TABLE dbo.salestable (
  dataareaid varchar(4) NOT NULL DEFAULT 'dat',
  salesid varchar(20) NOT NULL,
  custaccount varchar(20) NOT NULL,
  salesstatus integer NOT NULL DEFAULT 1,
  createddatetime timestamp NOT NULL DEFAULT '2019-01-01',
  UNIQUE (dataareaid, salesid),
  FOREIGN KEY (dataareaid, custaccount) REFERENCES dbo.custtable (dataareaid, accountnum)
);
CREATE TABLE dbo.salesline (
  dataareaid varchar(4) NOT NULL DEFAULT 'dat',
  salesid varchar(20) NOT NULL,
  linenum numeric(32, 16) NOT NULL,
  itemid varchar(20) NOT NULL,
  salesqty numeric(32, 6) NOT NULL DEFAULT 0,
  salesprice numeric(32, 6) NOT NULL DEFAULT 0,
  lineamount numeric(32, 6) GENERATED ALWAYS AS (salesqty * salesprice) STORED,
  CHECK (salesqty >= 0)
);
CREATE INDEX i_salesline_order ON dbo.salesline (dataareaid, salesid, linenum);
CREATE TABLE dbo.retailhardwareprofile (
  profileid varchar(10) NOT NULL UNIQUE,
  name varchar(60) NOT NULL DEFAULT '',
  securemerchantproperties bytea
);

-- Every table has a record id out of its own sequence, a version and a partition; record ids begin where the product's do.
DO $$
DECLARE
  name text;
  number integer := 1000;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'dbo' ORDER BY tablename LOOP
    number := number + 1;
    EXECUTE format('CREATE SEQUENCE dbo.seq_%s START 5637144576', number);
    EXECUTE format(
      'ALTER TABLE dbo.%I ADD recversion integer NOT NULL DEFAULT 1, ADD partition bigint NOT NULL DEFAULT 5637144576,
       ADD recid bigint NOT NULL DEFAULT nextval(''dbo.seq_%s''), ADD PRIMARY KEY (recid)', name, number);
    EXECUTE format('ALTER SEQUENCE dbo.seq_%s OWNED BY dbo.%I.recid', number, name);
  END LOOP;
END $$;

CREATE FUNCTION dbo.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recversion := OLD.recversion + 1;
  NEW.modifieddatetime := now() AT TIME ZONE 'UTC';
  RETURN NEW;
END $$;
CREATE TRIGGER custtable_touch BEFORE UPDATE ON dbo.custtable FOR EACH ROW EXECUTE FUNCTION dbo.touch();

CREATE VIEW dbo.enabledusers AS SELECT id, name, networkalias FROM dbo.userinfo WHERE enable = 1;
CREATE VIEW dbo.salesordertotals AS
  SELECT o.dataareaid, o.salesid, o.custaccount, count(l.recid) AS lines, sum(l.lineamount) AS amount
  FROM dbo.salestable o LEFT JOIN dbo.salesline l USING (dataareaid, salesid)
  GROUP BY o.dataareaid, o.salesid, o.custaccount;
