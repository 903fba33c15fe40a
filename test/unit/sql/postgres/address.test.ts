import { describe, expect, it } from 'vitest';
import { isFreshetError } from '../../../../shared/errors/error.ts';
import { isProtected, parseAddress } from '../../../../shared/sql/postgres/address.ts';

const SALES = { host: 'db.example.com', port: 5433, database: 'sales', user: 'app', password: 'p;w', tls: 'prefer' };

describe('connection strings', () => {
  it.each([
    ['postgres://app:p%3Bw@db.example.com:5433/sales', {}],
    ['  postgresql://app:p%3Bw@db.example.com:5433/sales?sslmode=require&application_name=x ', { tls: 'require' }],
    ['postgres://app:p%3Bw@db.example.com/sales', { port: 5432 }],
    ['postgres://app@[::1]:5433/sales', { host: '::1', password: '' }],
    ['postgres://a%40b:p%3Bw@db.example.com:5433/s%2Fales', { user: 'a@b', database: 's/ales' }],
    ['Host=db.example.com;Port=5433;Database=sales;Username=app;Password="p;w"', {}],
    ["server = db.example.com ; PORT=5433; database=sales;User Id=app;Password='p;w';", {}],
    ['Server=db.example.com;Port=5433;Database=sales;Uid=app;Pwd="p;w";SSL Mode=VerifyFull', { tls: 'verify-full' }],
    ['Host=db.example.com;Port=5433;DB=sales;User Name=app;Password="p;w";SslMode=verify-ca', { tls: 'verify-ca' }],
    [
      'Host=db.example.com;Port=5433;Database=sales;Username=app;Password="p;w";SSL Mode=VerifyFull;Trust Server Certificate=true',
      { tls: 'require' },
    ],
    ['Host=db.example.com;Port=5433;Database=sales;Username=app;Password="a""b=c";Pooling=true', { password: 'a"b=c' }],
    ["Host=db.example.com;Port=5433;Database=sales;Username=app;Password='it''s'", { password: "it's" }],
    ['Host=db.example.com;Port=5433;Database=sales;Username=app;Password=a=b==;Timeout=3', { password: 'a=b==' }],
  ])('%s is read', (text, difference) => {
    expect(parseAddress(text)).toEqual({ ...SALES, ...difference });
  });

  it.each([
    ['postgres://app@db.example.com/sales', false],
    ['postgres://app@db.example.com/sales?sslmode=disable', false],
    ['postgres://app@db.example.com/sales?sslmode=allow', false],
    ['Host=db.example.com;Database=sales;Username=app;SSL Mode=Prefer', false],
    ['Host=127.0.0.1.example.com;Database=sales;Username=app', false],
    ['postgres://app@db.example.com/sales?sslmode=require', true],
    ['Host=db.example.com;Database=sales;Username=app;SSL Mode=VerifyFull;Trust Server Certificate=true', true],
    ['Host=db.example.com;Database=sales;Username=app;SSL Mode=VerifyCA', true],
    ['postgres://app@LocalHost/sales', true],
    ['postgres://app@127.0.0.1:5433/sales?sslmode=disable', true],
    ['postgres://app@[::1]/sales', true],
  ])('%s: no word of it goes over a network in the clear: %s', (text, expected) => {
    expect(isProtected(parseAddress(text))).toBe(expected);
  });

  it.each([
    ['', /neither|names no/],
    ['secret', /neither/],
    ['secret;secret', /neither/],
    ['Host=secret;Database=secret', /user/],
    ['Host=secret;Username=secret', /database/],
    ['Database=secret;Username=secret', /server/],
    ['Host=a,b;Database=secret;Username=secret', /more than one/],
    ['Host=/var/run/secret;Database=secret;Username=secret', /network address/],
    ['Host=secret;Port=0;Database=secret;Username=secret', /port/],
    ['Host=secret;Port=70000;Database=secret;Username=secret', /port/],
    ['Host=secret;Database=secret;Username=secret;SSL Mode=secret', /SSL mode/],
    ['postgres://secret:%zz@host/secret', /URL/],
    ['postgres://secret:secret@host:secret/secret', /URL/],
    ['postgres:///secret', /server/],
    ['postgres://secret@host', /database/],
  ])('%j is refused with the reason, and never quoted', (text, reason) => {
    try {
      parseAddress(text);
      expect.unreachable();
    } catch (error) {
      if (!isFreshetError(error, 'DESTINATION_ADDRESS_INVALID')) throw error;
      expect(error.message).toMatch(reason);
      expect(error.message).not.toContain('secret:');
      expect(error.message.replace('The connection string in the secret', '')).not.toContain('secret');
      expect(error.cause).toBeUndefined();
    }
  });
});
