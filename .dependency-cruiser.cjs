/** The arrows of docs/architecture.md, "Rooms". test/unit/arrows.test.ts plants a breach of each to prove that it bites. */
const packages = (pattern) => ({ path: `node_modules/(${pattern})` });

module.exports = {
  forbidden: [
    {
      name: 'shared-knows-nobody',
      comment: 'shared/ is used by all and uses none of them.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(functions|local|web|test|infra)/' },
    },
    {
      name: 'use-cases-import-ports-only',
      comment: 'export and refresh know ports, models and pure rules; adapters are wired in functions/compose.ts.',
      severity: 'error',
      from: { path: '^shared/(export|refresh)/' },
      to: {
        path: '^shared/(destination|control|environment-databases)/(postgres|sqlserver|azuresql|sql|memory)/|^shared/dataverse/web-api/|^shared/sql/|^shared/platform/[^/]+/(?!port|model)[^/]+[.]ts$',
      },
    },
    {
      name: 'use-cases-import-no-driver',
      comment: 'No Azure SDK and no database driver in export and refresh.',
      severity: 'error',
      from: { path: '^shared/(export|refresh)/' },
      to: packages('@azure/|pg/|pg-copy-streams|tedious|tarn|kysely|durable-functions'),
    },
    {
      name: 'ports-import-no-package',
      comment: 'A port promises; it neither adapts nor depends on an SDK.',
      severity: 'error',
      from: { path: '(^|/|[.])port[.]ts$' },
      to: { path: 'node_modules/' },
    },
    {
      name: 'only-compose-names-adapters',
      comment: 'Triggers call use cases.',
      severity: 'error',
      from: { path: '^functions/', pathNot: '^functions/(compose|notification-queue)[.]ts$' },
      to: {
        path: '^shared/(destination|control|environment-databases)/(postgres|sqlserver|azuresql|sql|memory)/|^shared/dataverse/web-api/|^shared/sql/|^shared/platform/[^/]+/(?!port|model)[^/]+[.]ts$',
      },
    },
    {
      name: 'functions-know-no-local-part',
      comment: 'The app runs unchanged in Azure.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(local|test|web)/' },
    },
    {
      name: 'no-circles',
      comment: 'Rooms that need each other are one room.',
      severity: 'error',
      from: { path: '^(functions|shared|local)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    // TypeScript 7 has no API for it: with tsc alone no module would be read, and all would be well.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'], conditionNames: ['import', 'node', 'default'] },
  },
};
