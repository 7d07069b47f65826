// React Router with rows as @geostrategists/react-router-sessions-dynamodb 1.5 writes them, which is not on npm: the
// framework is the real one, the four calls below are written after the rows that were captured from that package.
import { randomBytes } from 'node:crypto';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';
import { createSessionStorage } from 'react-router';

import { sdk3 } from '../aws.js';
import * as reactRouter from '../frameworks/react_router.js';

const IDX = '_idx';
const TTL = '_ttl';

export function listener(TableName) {
  const documents = DynamoDBDocument.from(new DynamoDBClient(sdk3));
  const row = (id, data, expires) => ({ ...data, [IDX]: id, [TTL]: Math.round(expires.getTime() / 1000) });
  return reactRouter.listener(createSessionStorage({
    cookie: reactRouter.cookie,
    async createData(data, expires) {
      const id = randomBytes(8).toString('hex');
      await documents.put({
        ConditionExpression: 'attribute_not_exists(#idx)',
        ExpressionAttributeNames: { '#idx': IDX },
        Item: row(id, data, expires),
        TableName,
      });
      return id;
    },
    async readData(id) {
      const { Item } = await documents.get({ Key: { [IDX]: id }, TableName });
      if (!Item) {
        return null;
      }
      const { [IDX]: _, [TTL]: __, ...data } = Item;
      return data;
    },
    updateData: (id, data, expires) => documents.put({ Item: row(id, data, expires), TableName }),
    deleteData: (id) => documents.delete({ Key: { [IDX]: id }, TableName }),
  }));
}
