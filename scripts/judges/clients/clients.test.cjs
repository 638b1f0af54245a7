// Clients of the npm registry, unchanged, against a simulated store.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { HttpsProxyAgent } = (() => {
  const found = require('https-proxy-agent');
  return { HttpsProxyAgent: found.HttpsProxyAgent ?? found };
})();

const front = 'http://' + process.env.JUDGE_FRONT;
const tight = 'http://' + process.env.JUDGE_TIGHT_FRONT;
const account = { storeHash: 'simstore', accessToken: 'simtoken' };

test('node-bigcommerce: products and customers make the round trip', async () => {
  const BigCommerce = require('node-bigcommerce');
  const config = { ...account, clientId: 'simclient', secret: 'simsecret', agent: new HttpsProxyAgent(front) };
  const v3 = new BigCommerce({ ...config, apiVersion: 'v3' });
  const { data: made } = await v3.post('/catalog/products', { name: 'Kettle', type: 'physical', weight: 1, price: 3 });
  assert.equal((await v3.get(`/catalog/products/${made.id}`)).data.name, 'Kettle');
  assert.equal((await v3.put(`/catalog/products/${made.id}`, { price: 4.5 })).data.price, 4.5);
  const list = await v3.get('/catalog/products?limit=250&sort=id&direction=desc');
  assert.ok(list.data.some(product => product.id === made.id));
  await v3.delete(`/catalog/products/${made.id}`);
  await assert.rejects(v3.get(`/catalog/products/${made.id}`), { code: 404 });
  await assert.rejects(v3.post('/catalog/products', { name: 'Half' }), error => {
    assert.equal(error.code, 422);
    assert.ok(JSON.parse(error.responseBody).errors.weight);
    return true;
  });
  const v2 = new BigCommerce(config);
  assert.ok((await v2.get('/time')).time > 1.6e9);
  const group = await v2.post('/customer_groups', { name: 'Node' });
  assert.equal((await v2.get(`/customer_groups/${group.id}`)).name, 'Node');
  await v2.delete(`/customer_groups/${group.id}`);
  assert.equal(await v2.get('/orders?min_id=99999999'), '');
  const orders = await v2.get('/orders?limit=2');
  assert.equal(orders.length, 2);
  const hook = await v3.post('/hooks', { scope: 'store/order/*', destination: 'https://hooks.example.com/node', is_active: true });
  assert.equal((await v3.delete(`/hooks/${hook.data.id}`)).data.id, hook.data.id);
});

test('node-bigcommerce: the quota ends in 429 with a time to wait', async () => {
  const BigCommerce = require('node-bigcommerce');
  const limited = new BigCommerce({ ...account, clientId: 'simclient', agent: new HttpsProxyAgent(tight), failOnLimitReached: true });
  const all = async () => {
    for (let n = 0; n < 10; n++) await limited.get('/time');
  };
  await assert.rejects(all(), error => Number.isInteger(error.retryAfter) && error.retryAfter >= 1);
});

test('bigcommerce-api-client: catalog, customers and orders', async () => {
  process.env.HTTPS_PROXY = front;
  const { BigCommerceApiClient } = require('bigcommerce-api-client');
  const client = new BigCommerceApiClient({ ...account, maxRetries: 0, failOn404: false });
  const made = (await client.catalog.products.createProduct({ name: 'Whistle', type: 'physical', weight: 1, price: 2 })).data;
  assert.equal((await client.catalog.products.getProduct(made.id)).data.name, 'Whistle');
  assert.equal((await client.catalog.products.updateProduct(made.id, { price: 2.75 })).data.price, 2.75);
  const all = await client.catalog.products.getAllProducts({ direction: 'asc' }, 1, -1);
  assert.ok(all.data.some(product => product.id === made.id));
  await client.catalog.products.deleteProduct(made.id);
  assert.equal(await client.catalog.products.getProduct(made.id), null);
  await assert.rejects(client.catalog.products.createProduct({ name: 'Half' }), /422/);
});

test('@space48/bigcommerce-api: reads, writes and lists', async () => {
  const { Management } = require('@space48/bigcommerce-api');
  const client = new Management.Client({ ...account, retry: false, agent: new HttpsProxyAgent(front) });
  const made = await client.v3.post('/catalog/brands', { body: { name: 'Space' } });
  assert.equal((await client.v3.get('/catalog/brands/{brand_id}', { path: { brand_id: made.id } })).name, 'Space');
  const changed = await client.v3.put('/catalog/brands/{brand_id}', { path: { brand_id: made.id }, body: { name: 'Space 2' } });
  assert.equal(changed.name, 'Space 2');
  const names = [];
  for await (const brand of client.v3.list('/catalog/brands', {})) names.push(brand.name);
  assert.ok(names.includes('Space 2'));
  await client.v3.delete('/catalog/brands/{brand_id}', { path: { brand_id: made.id } });
  assert.equal(await client.v3.get('/catalog/brands/{brand_id}', { path: { brand_id: made.id } }), null);
  await assert.rejects(client.v3.post('/catalog/products', { body: { name: 'Half' } }), /422/);
  const orders = await client.v2.get('/orders', { query: { limit: 5 } });
  assert.equal(orders.length, 5);
});
