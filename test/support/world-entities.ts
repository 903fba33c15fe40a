/** The entities of a world as the Web API tells them: a parent and its children. */
export const PARENT = {
  LogicalName: 'parent',
  SchemaName: 'Parent',
  EntitySetName: 'parents',
  PrimaryIdAttribute: 'parentid',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'None',
  Attributes: [
    { LogicalName: 'parentid', SchemaName: 'ParentId', AttributeTypeName: 'UniqueidentifierType' },
    { LogicalName: 'name', SchemaName: 'Name', AttributeTypeName: 'StringType', MaxLength: 50 },
    { LogicalName: 'amount', SchemaName: 'Amount', AttributeTypeName: 'IntegerType' },
    { LogicalName: 'versionnumber', SchemaName: 'VersionNumber', AttributeTypeName: 'BigIntType' },
  ],
};

const CHILD = {
  LogicalName: 'child',
  SchemaName: 'Child',
  EntitySetName: 'children',
  PrimaryIdAttribute: 'childid',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'None',
  Attributes: [
    { LogicalName: 'childid', SchemaName: 'ChildId', AttributeTypeName: 'UniqueidentifierType' },
    { LogicalName: 'name', SchemaName: 'Name', AttributeTypeName: 'StringType', MaxLength: 50 },
    { LogicalName: 'versionnumber', SchemaName: 'VersionNumber', AttributeTypeName: 'BigIntType' },
  ],
};

export const DEFINITIONS = [PARENT, CHILD];
