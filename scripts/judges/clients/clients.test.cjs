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

// BigCommerce's own client has an axios of its own.
function official(proxy) {
  const own = require.resolve('axios', { paths: [require.resolve('@bigcommerce/api-nodejs')] });
  const axios = require(own);
  Object.assign(axios.defaults, { proxy: false, httpsAgent: new HttpsProxyAgent(proxy) });
  return require('@bigcommerce/api-nodejs');
}

async function count(list) {
  let found = 0;
  for await (const one of list) found += one ? 1 : 0;
  return found;
}

test('@bigcommerce/api-nodejs: every list of an order ends', async () => {
  const { v2 } = new (official(front).Rest)(account);
  const total = (await v2.orders.count()).data.count;
  assert.equal(await count(v2.orders.listAll({ limit: 7 })), total);
  const [order] = (await v2.orders.list({ limit: 1 })).data;
  assert.ok((await count(v2.orders.orderProducts.listAll(order.id))) > 0);
  assert.ok((await count(v2.orders.orderTaxes.listAll(order.id))) > 0);
  assert.equal(await count(v2.orders.orderShippingAddresses.listAll(order.id)), 1);
  for (const list of ['orderCoupons', 'orderShipments', 'orderMessages']) await count(v2.orders[list].listAll(order.id));
  assert.equal((await v2.orders.orderStatus.list()).data.length, 15);
});

test('@bigcommerce/api-nodejs: products and customers make the round trip', async () => {
  const { v3, rateLimitManager } = new (official(front).Rest)(account);
  const { data: made } = (await v3.catalog.products.create({ name: 'Funnel', type: 'physical', weight: 1, price: 2 })).data;
  assert.equal((await v3.catalog.products.update(made.id, { price: 3 })).data.data.price, 3);
  assert.equal((await v3.catalog.products.updateBatch([{ id: made.id, price: 4 }])).data.data[0].price, 4);
  assert.equal((await v3.catalog.productVariants.list(made.id)).data.data.length, 1);
  assert.equal((await v3.catalog.products.deleteMany({ 'id:in': made.id })).status, 204);
  assert.equal((await v3.catalog.products.get(made.id)).response.status, 404);
  assert.equal((await v3.catalog.products.create({ name: 'Half' })).response.status, 422);
  const email = 'funnel@example.com';
  const { data: [customer] } = (await v3.customers.customers.create([{ first_name: 'F', last_name: 'U', email }])).data;
  const address = { customer_id: customer.id, first_name: 'F', last_name: 'U', address1: 'A', city: 'Austin',
    state_or_province: 'Texas', postal_code: '78701', country_code: 'US' };
  const { data: [kept] } = (await v3.customers.customerAddresses.create([address])).data;
  const listed = (await v3.customers.customerAddresses.list({ 'customer_id:in': customer.id })).data.data;
  assert.deepEqual(listed.map(one => one.id), [kept.id]);
  assert.equal((await v3.customers.customers.delete({ 'id:in': customer.id })).status, 204);
  assert.ok(rateLimitManager.status.requestsRemaining > 0);
});

test('@bigcommerce/api-nodejs: the quota ends in an error that tells how long to wait', async () => {
  const { v2 } = new (official(tight).Rest)(account);
  const all = async () => {
    for (let n = 0; n < 10; n++) await v2.orders.count();
  };
  await assert.rejects(all(), /^Error: 429 - Rate limit exceeded\. \d+ms to reset\.$/);
});

test('an app is installed and opened with the payloads that the clients verify', async () => {
  const callback = 'https://app.example.com/auth';
  const grant = { code: 'code-for-tests', scope: 'store_v2_products', context: 'stores/simstore' };
  const { Auth } = official(front);
  const auth = new Auth({ clientId: 'simclient', clientSecret: 'simsecret', authCallback: callback });
  assert.equal((await auth.authorize(grant)).access_token, 'simtoken');
  await assert.rejects(auth.authorize({ ...grant, code: 'wrong' }), error => error.cause.response.status === 400);

  const opened = await fetch(`${process.env.JUDGE_STORE}/_sim/load?user_id=7`, { redirect: 'manual' });
  const told = new URL(opened.headers.get('location')).searchParams;
  const payload = auth.verifyJWT(told.get('signed_payload_jwt'));
  assert.deepEqual([payload.sub, payload.user.id], ['stores/simstore', 7]);

  const BigCommerce = require('node-bigcommerce');
  const app = new BigCommerce({ clientId: 'simclient', secret: 'simsecret', callback });
  const older = app.verify(told.get('signed_payload'));
  assert.deepEqual([older.store_hash, older.user.id], ['simstore', 7]);
  assert.throws(() => new BigCommerce({ secret: 'another' }).verify(told.get('signed_payload')), /invalid/);
});

test('standardwebhooks: deliveries are verified, and what was changed on the way is not', async () => {
  const { Webhook } = require('standardwebhooks');
  const { createServer } = require('node:http');
  const deliveries = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', piece => (body += piece));
    request.on('end', () => {
      deliveries.push({ body, headers: request.headers });
      response.end();
    });
  });
  await new Promise(ready => receiver.listen(0, '127.0.0.1', ready));
  try {
    const { Management } = require('@space48/bigcommerce-api');
    const { v3 } = new Management.Client({ ...account, retry: false, agent: new HttpsProxyAgent(front) });
    const destination = `http://127.0.0.1:${receiver.address().port}/hooks`;
    const hook = await v3.post('/hooks', { body: { scope: 'store/product/created', destination, is_active: true } });
    const made = await v3.post('/catalog/products', { body: { name: 'Bell', type: 'physical', weight: 1, price: 1 } });
    const told = () => deliveries.find(({ body }) => JSON.parse(body).data.id === made.id);
    for (let n = 0; n < 200 && !told(); n++) await new Promise(again => setTimeout(again, 25));
    await v3.delete('/hooks/{webhook_id}', { path: { webhook_id: hook.id } });
    const { body, headers } = told();
    const webhook = new Webhook(Buffer.from('simsecret').toString('base64'));
    const event = webhook.verify(body, headers);
    assert.deepEqual([event.scope, event.producer, event.hash], ['store/product/created', 'stores/simstore', headers['webhook-id']]);
    assert.throws(() => webhook.verify(body.replace('created', 'deleted'), headers), /No matching signature/);
    const late = String(Number(headers['webhook-timestamp']) - 600);
    assert.throws(() => webhook.verify(body, { ...headers, 'webhook-timestamp': late }), /timestamp/);
  } finally {
    receiver.close();
  }
});
