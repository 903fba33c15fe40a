import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../shared/sql/kind.ts';

describe('a connection string', () => {
  it.each([
    'postgres://user:secret@host:5432/database',
    'postgresql://host/database?sslmode=require',
    'Host=host;Username=user;Password=secret;Database=database',
    'Server=host;Port=5432;Database=database;User Id=user;Password=secret',
    'Server=host;Database=database;SSL Mode=VerifyFull;User Id=user',
  ])('is PostgreSQL’s: %s', (text) => expect(kindOf(text)).toBe('postgres'));

  it.each([
    'Server=tcp:host.database.windows.net,1433;Initial Catalog=database;User ID=user;Password={secret};Encrypt=True',
    'Data Source=host;Database=database;Authentication=Active Directory Managed Identity',
    'server=localhost;database=database;uid=sa;pwd="x;Host=y;"',
    '',
  ])('is SQL Server’s: %s', (text) => expect(kindOf(text)).toBe('sqlserver'));
});
