import { describe, expect, it } from 'vitest';
import { parseRouteTemplate } from '../../../local/functions-host/http/route-template.ts';

describe('a route template', () => {
  it.each([
    ['things', '/things', {}],
    ['things', '/THINGS/', {}],
    ['things/{id}', '/things/7', { id: '7' }],
    ['things/{id}', '/things', undefined],
    ['things/{id?}', '/things', {}],
    ['things/{id}/parts/{part}', '/things/1/parts/2', { id: '1', part: '2' }],
    ['things/{id:int}', '/things/-12', { id: '-12' }],
    ['things/{id:int}', '/things/1.5', undefined],
    ['things/{id:int}', '/things/2147483648', undefined],
    ['things/{id:long}', '/things/9223372036854775807', { id: '9223372036854775807' }],
    ['things/{id:int:min(1)}', '/things/0', undefined],
    ['things/{id:range(1,5)}', '/things/5', { id: '5' }],
    [
      'things/{id:guid}',
      '/things/0F8FAD5B-D9CB-469F-A165-70867728950E',
      { id: '0F8FAD5B-D9CB-469F-A165-70867728950E' },
    ],
    ['things/{id:guid}', '/things/7', undefined],
    ['things/{id:guid?}', '/things', {}],
    ['things/{name:alpha:maxlength(3)}', '/things/abc', { name: 'abc' }],
    ['things/{name:alpha:maxlength(3)}', '/things/abcd', undefined],
    ['{*rest}', '/a/b/c', { rest: 'a/b/c' }],
    ['{*rest}', '/', {}],
    ['file-{name}.txt', '/file-a.b.txt', { name: 'a.b' }],
    ['a.b', '/aXb', undefined],
    ['things/{id}', '/things/%zz', { id: '%zz' }],
    ['', '/', {}],
  ])('%s reads %s as %j', (template, path, params) => {
    expect(parseRouteTemplate(template).match(path)).toEqual(params);
  });

  it.each(['things/{id=5}', 'things/{id:regex(^a)}', 'things/{id', 'things/{id:nonsense}', 'things/{id:min}'])(
    '%s is refused, because it would not mean what it says',
    (template) => {
      expect(() => parseRouteTemplate(template)).toThrow(template);
    },
  );
});
