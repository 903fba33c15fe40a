-- Rows of one environment. Everything follows from two settings of the session: sample.seed (two environments differ) and
-- sample.scale (1: some 100,000 rows, of them 10,000 e-mail addresses). No time and no chance: the same seed, the same rows.

CREATE FUNCTION pg_temp.pick(of integer, what text, number bigint) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT (abs(hashtextextended(what || number, current_setting('sample.seed')::bigint) % of))::integer $$;
CREATE FUNCTION pg_temp.one_of(words text[], what text, number bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT words[1 + pg_temp.pick(array_length(words, 1), what, number)] $$;
CREATE FUNCTION pg_temp.many(at_scale_one integer) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT greatest(8, ceil(at_scale_one * current_setting('sample.scale')::numeric))::integer $$;
CREATE FUNCTION pg_temp.first() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 5637144576 $$;
CREATE FUNCTION pg_temp.given(n bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_temp.one_of('{Ada,Ben,Chidi,Dora,Emil,Fatma,Gino,Hana,Ivo,Jun,Kira,Luis,Mona,Nils,Olga,Priya,Quinn,Rosa,Sami,Tea}', 'given', n) $$;
CREATE FUNCTION pg_temp.family(n bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_temp.one_of('{Abe,Berg,Costa,Diaz,Eder,Fox,Gupta,Haas,Ito,Jansen,Kaya,Lund,Moreau,Novak,Okoro,Park,Rossi,Silva,Tran,Weber}', 'family', n) $$;
CREATE FUNCTION pg_temp.moment(what text, n bigint) RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT timestamp '2019-04-02' - make_interval(mins => pg_temp.pick(525600, what, n)) $$;
CREATE FUNCTION pg_temp.alias(n bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT lower(pg_temp.given(n) || '.' || pg_temp.family(n)) || n $$;

INSERT INTO dbo.partitions (partitionkey, name) VALUES ('initial', 'Initial partition');
INSERT INTO dbo.dataarea (id, name) VALUES ('dat', 'Company accounts data'), ('usmf', 'Contoso Entertainment System USA'), ('demf', 'Contoso Entertainment System Germany');
INSERT INTO dbo.batchgroup (groupid, description) VALUES ('', 'Empty batch group'), ('FIN', 'Finance'), ('WHS', 'Warehouse'), ('DMF', 'Data management');

-- Users: the administrator, service accounts (spelled as they are met), and people, some of whom have left.
INSERT INTO dbo.userinfo (id, name, enable, sid, networkdomain, networkalias, identityprovider)
VALUES ('Admin', 'System administrator', 1, 'S-1-19-' || current_setting('sample.seed'),
  'https://sts.windows.net/', current_setting('sample.administrator'), 'https://sts.windows.net/');
INSERT INTO dbo.userinfo (id, name, enable, sid, networkdomain, networkalias, identityprovider, accounttype)
SELECT id, id, 1, 'S-1-19-5-' || n, 'https://sts.windows.net/', id || '@DAXMDSRunner.com', 'https://sts.windows.net/', 3
FROM unnest('{DataSyncFrameworkApp,DataverseSearchApp,DynamicsMaintAppUser,FRServiceUser,MonitoringAppUser,PowerPlatformApp,RetailServiceAccount,ScaleUnitManagement,ScaleUnitPipeline,SysHealthServiceUser}'::text[]) WITH ORDINALITY service (id, n);
INSERT INTO dbo.userinfo (id, name, enable, sid, networkdomain, networkalias, identityprovider, objectid, company)
SELECT pg_temp.alias(n), pg_temp.given(n) || ' ' || pg_temp.family(n), (pg_temp.pick(10, 'left', n) > 0)::integer,
  'S-1-19-7-' || n, 'https://sts.windows.net/', pg_temp.alias(n) || '@contoso.example', 'https://sts.windows.net/',
  md5('user' || current_setting('sample.seed') || n)::uuid, pg_temp.one_of('{dat,usmf,demf}', 'company', n)
FROM generate_series(1, pg_temp.many(250)) n;
INSERT INTO dbo.sysuserinfo (id, email) SELECT id, networkalias FROM dbo.userinfo;

-- Addresses: of six, five are e-mail addresses, some of them typed where a telephone number belongs.
INSERT INTO dbo.logisticslocation (locationid, description)
SELECT lpad(n::text, 9, '0'), pg_temp.given(n) || ' ' || pg_temp.family(n) FROM generate_series(1, pg_temp.many(6000)) n;
INSERT INTO dbo.logisticselectronicaddress (location, type, locator, description, electronicaddressroles, isprimary, ismobilephone)
SELECT pg_temp.first() + n / 2,
  CASE WHEN n % 6 > 0 THEN CASE WHEN n % 97 = 0 THEN 1 ELSE 2 END ELSE (ARRAY[1, 3, 5, 1])[1 + n / 6 % 4] END,
  CASE
    WHEN n % 6 > 0 THEN pg_temp.alias(n) || '@' || pg_temp.one_of('{contoso.example,fabrikam.example,northwind.example,mail.example}', 'host', n)
    WHEN n / 6 % 4 = 1 THEN 'https://www.customer' || n || '.example'
    ELSE '+49 30 ' || lpad(pg_temp.pick(10000000, 'phone', n)::text, 7, '0')
  END,
  pg_temp.one_of('{Office,Home,Invoices,Delivery,Contact}', 'role', n), pg_temp.one_of('{Business,Invoice,Home}', 'purpose', n),
  (n % 2 = 0)::integer, (n % 12 = 0)::integer
FROM generate_series(1, pg_temp.many(12000)) n;

-- Batch jobs in every status, the tasks of each, and their history.
INSERT INTO dbo.batchjob (caption, company, status, startdatetime, enddatetime, origstartdatetime, recurrencedata, createdby)
SELECT pg_temp.one_of('{Post invoices,Inventory closing,Process workflow messages,Import bank statements,Recalculate budgets,Send e-mail,Export customers,Master planning}', 'job', n),
  pg_temp.one_of('{dat,usmf,demf}', 'company', n), (ARRAY[0, 1, 2, 3, 4, 5, 7, 8])[1 + n % 8], pg_temp.moment('start', n),
  pg_temp.moment('start', n) + interval '4 minutes', pg_temp.moment('start', n), decode(md5('every' || n), 'hex'), pg_temp.alias(1 + n % 200)
FROM generate_series(1, pg_temp.many(480)) n;
-- Recurring imports and exports: that of production waits for its next hour, that of a sandbox was stopped.
INSERT INTO dbo.batchjob (caption, status, createdby)
VALUES ('Recurring export of customers', CASE current_setting('sample.environment') WHEN 'prod' THEN 1 ELSE 0 END, 'Admin'),
  ('Recurring import of bank statements', 4, 'Admin');
INSERT INTO dbo.batch (batchjobid, caption, classnumber, groupid, company, status, parameters)
SELECT job.recid, job.caption, 10000 + pg_temp.pick(500, 'class', job.recid), (ARRAY['', 'FIN', 'WHS', 'DMF'])[1 + task], job.company, job.status,
  decode(repeat(md5(job.recid::text || task), 4), 'hex')
FROM dbo.batchjob job, generate_series(0, 2) task;
INSERT INTO dbo.batchjobhistory (batchjobid, caption, company, status, startdatetime, enddatetime, origstartdatetime, batchcreatedby, executedby)
SELECT job.recid, job.caption, job.company, CASE WHEN n % 20 = 0 THEN 3 ELSE 4 END, pg_temp.moment('run', n),
  pg_temp.moment('run', n) + interval '3 minutes', pg_temp.moment('run', n), job.createdby, job.createdby
FROM generate_series(1, pg_temp.many(6000)) n JOIN dbo.batchjob job ON job.recid = pg_temp.first() + n % pg_temp.many(480);
INSERT INTO dbo.batchhistory (batchid, batchjobid, batchjobhistoryid, caption, classnumber, company, status, info)
SELECT pg_temp.first() + run.batchjobid % 1000, run.batchjobid, run.recid, run.caption, 10000 + task, run.company, run.status,
  decode(repeat(md5(run.recid::text), 3), 'hex')
FROM dbo.batchjobhistory run, generate_series(1, 3) task;
INSERT INTO dbo.batchconstraintshistory (batchid, dependsonbatchid, expectedstatus)
SELECT recid, recid - 1, 4 FROM dbo.batchhistory WHERE recid % 3 > 0;

-- What belongs to one environment alone.
INSERT INTO dbo.batchserverconfig (serverid, maxbatchsessions, endtime)
SELECT 'Batch:' || upper(current_setting('sample.environment')) || n, 8, 86399 FROM generate_series(1, 4) n;
INSERT INTO dbo.batchservergroup (groupid, serverid)
SELECT groupid, serverid FROM dbo.batchserverconfig, dbo.batchgroup;
INSERT INTO dbo.sysserverconfig (serverid, azuredeploymentid, enablebatch, maxsessions, serverguid)
SELECT serverid, md5(serverid), 1, 1000, md5('guid' || serverid)::uuid FROM dbo.batchserverconfig;
INSERT INTO dbo.sysserversessions (serverid, aosid, instance_name, aosaccount, logindatetime, status)
SELECT n, 'AOS' || n, '01', 'NETWORK SERVICE', timestamp '2019-04-02' - make_interval(hours => n), 1 FROM generate_series(1, 4) n;
INSERT INTO dbo.sysclientsessions (sessionid, serverid, version, logindatetime, status, userid, sid, clientcomputer)
SELECT n, 1 + n % 4, n, pg_temp.moment('login', n), 1, pg_temp.alias(n), 'S-1-19-7-' || n, 'WS-' || lpad(n::text, 5, '0')
FROM generate_series(1, pg_temp.many(240)) n;
INSERT INTO dbo.syscorpnetprinters (printerid, printername, description, printerpath, active)
SELECT 'PRN' || n, 'Printer ' || n, 'Floor ' || n % 5, '\\print.' || current_setting('sample.environment') || '.example\' || n, n % 2
FROM generate_series(1, 40) n;
INSERT INTO dbo.sysemailparameters (smtprelayservername, smtpportnumber, smtpusername, smtprequiressl, maxemailattachmentsize, mailernoninteractive)
VALUES ('smtp.' || current_setting('sample.environment') || '.example', 587, 'mailer', 1, 10485760, 'SMTP');
INSERT INTO dbo.sysemailsmtppassword (aosid, instancename, password)
VALUES ('AOS1', '01', decode(md5('smtp' || current_setting('sample.seed')), 'hex'));
INSERT INTO dbo.printmgmtdocinstance (documenttype, name, nodetype, printtype, referencedtableid, referencedrecid)
SELECT n % 30, 'Document ' || n, n % 3, n % 2, 77, pg_temp.first() + n FROM generate_series(1, pg_temp.many(600)) n;
INSERT INTO dbo.printmgmtsettings (description, parentid, printjobsettings, numberofcopies)
SELECT 'Setting of ' || name, recid, decode(repeat(md5(name), 8), 'hex'), 1 + documenttype % 3 FROM dbo.printmgmtdocinstance;

-- Documents: some of them in the database, the rest in blob storage.
INSERT INTO dbo.docuvalue (name, filename, originalfilename, filetype, fileid, storageproviderid, accessinformation, file)
SELECT 'document' || n, 'document' || n, 'document' || n || '.pdf', 'pdf', md5('file' || current_setting('sample.seed') || n)::uuid, (n % 4 > 0)::integer,
  CASE WHEN n % 4 > 0 THEN 'https://documents.blob.example/' || md5(n::text) ELSE '' END,
  CASE WHEN n % 4 = 0 THEN decode(repeat(md5(n::text), 250), 'hex') END
FROM generate_series(1, pg_temp.many(1200)) n;
INSERT INTO dbo.docuref (name, notes, reftableid, refrecid, valuerecid)
SELECT name, 'Attached to order ' || recid % 1000, 366, pg_temp.first() + recid % 1000, recid FROM dbo.docuvalue;

-- The business.
INSERT INTO dbo.custtable (dataareaid, accountnum, party, custgroup, currency, creditmax, blocked, modifieddatetime)
SELECT pg_temp.one_of('{usmf,demf}', 'company', n), 'C' || lpad(n::text, 7, '0'), pg_temp.first() + n, pg_temp.one_of('{10,20,30,80}', 'group', n),
  pg_temp.one_of('{EUR,USD,GBP}', 'currency', n), pg_temp.pick(100000, 'credit', n), (pg_temp.pick(50, 'blocked', n) = 0)::integer, pg_temp.moment('changed', n)
FROM generate_series(1, pg_temp.many(5000)) n;
INSERT INTO dbo.inventtable (dataareaid, itemid, namealias)
SELECT dataarea.id, 'I' || lpad(n::text, 6, '0'), 'Item ' || n FROM dbo.dataarea, generate_series(1, pg_temp.many(800)) n WHERE dataarea.id <> 'dat';
INSERT INTO dbo.salestable (dataareaid, salesid, custaccount, salesstatus, createddatetime)
SELECT customer.dataareaid, 'SO' || lpad(n::text, 8, '0'), customer.accountnum, 1 + n % 4, pg_temp.moment('order', n)
FROM generate_series(1, pg_temp.many(12000)) n JOIN dbo.custtable customer ON customer.recid = pg_temp.first() + n % pg_temp.many(5000);
INSERT INTO dbo.salesline (dataareaid, salesid, linenum, itemid, salesqty, salesprice)
SELECT dataareaid, salesid, line, 'I' || lpad((1 + recid % pg_temp.many(800))::text, 6, '0'), 1 + recid % 9, 0.01 * pg_temp.pick(100000, 'price', recid)
FROM dbo.salestable, generate_series(1, 3) line;
INSERT INTO dbo.retailhardwareprofile (profileid, name, securemerchantproperties)
SELECT 'HW' || n, 'Register ' || n, decode(md5('merchant' || n), 'hex') FROM generate_series(1, 5) n;
