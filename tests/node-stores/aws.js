// What each SDK needs to find the engine. Credentials and Region are in the environment, where both look for them.
export const endpoint = new URL(process.env.DYNAMODB_ENDPOINT);

export const sdk2 = { endpoint: endpoint.origin };
export const sdk3 = { endpoint: endpoint.origin };
