const key = (name: string) => ({
  LogicalName: name.toLowerCase(),
  SchemaName: name,
  AttributeTypeName: 'UniqueidentifierType',
});
const text = (name: string, maxLength: number) => ({
  LogicalName: name.toLowerCase(),
  SchemaName: name,
  AttributeTypeName: 'StringType',
  MaxLength: maxLength,
});
const version = { LogicalName: 'versionnumber', SchemaName: 'VersionNumber', AttributeTypeName: 'BigIntType' };

export const LINKS = {
  SchemaName: 'parent_child',
  IntersectEntityName: 'parentchild',
  Entity1LogicalName: 'parent',
  Entity1IntersectAttribute: 'parentid',
  Entity2LogicalName: 'child',
  Entity2IntersectAttribute: 'childid',
};

export const PARENT = {
  LogicalName: 'parent',
  SchemaName: 'Parent',
  EntitySetName: 'parents',
  PrimaryIdAttribute: 'parentid',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'None',
  Attributes: [
    key('ParentId'),
    text('Name', 50),
    { LogicalName: 'amount', SchemaName: 'Amount', AttributeTypeName: 'IntegerType' },
    { LogicalName: 'notes', SchemaName: 'Notes', AttributeTypeName: 'MemoType', MaxLength: 1_000_000 },
    version,
  ],
  ManyToMany: [LINKS],
};

export const CHILD = {
  LogicalName: 'child',
  SchemaName: 'Child',
  EntitySetName: 'children',
  PrimaryIdAttribute: 'childid',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'None',
  Attributes: [
    key('ChildId'),
    text('Name', 50),
    { LogicalName: 'parentid', SchemaName: 'ParentId', AttributeTypeName: 'LookupType', Targets: ['parent'] },
    version,
  ],
  ManyToOne: [
    {
      SchemaName: 'parent_children',
      ReferencingAttribute: 'parentid',
      ReferencedEntity: 'parent',
      OnDelete: 'Cascade',
    },
  ],
  ManyToMany: [LINKS],
};

/** Related to nothing. */
export const NOTE = {
  LogicalName: 'note',
  SchemaName: 'Note',
  EntitySetName: 'notes',
  PrimaryIdAttribute: 'noteid',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'None',
  Attributes: [key('NoteId'), text('Name', 50), version],
};

/** A parent, its children (deleted along with it), and, in an entity of their own (`parentchild`), the links between both. */
export const DEFINITIONS = [PARENT, CHILD];
