// What a visitor does, whatever the framework: log in, look, change something.
export const DAY = 86_400_000;
export const secrets = ['keyboard cat', 'an older one'];

export const login = () => ({ userId: 'u-000042', n: 1, roles: ['a'], cart: { 'sku-1': 2 }, notice: '' });

export const change = ({ n, roles }) => ({ n: n + 1, roles: [...roles, 'node'] });

export const view = ({ userId, n, roles, cart, notice }) => ({ userId, n, roles, cart, notice });
