import { DAY, change, login, secrets, view } from '../visitor.js';

export const cookie = { maxAge: DAY / 1000, name: '__session', secrets };

const routes = {
  'POST /login': login,
  'POST /change': change,
};

export function listener({ getSession, commitSession, destroySession }) {
  return async (req, res) => {
    const route = `${req.method} ${req.url}`;
    const session = await getSession(req.headers.cookie);
    if (route === 'POST /logout') {
      res.setHeader('set-cookie', await destroySession(session));
      res.end('{}');
      return;
    }
    if (routes[route]) {
      for (const [key, value] of Object.entries(routes[route](session.data))) {
        session.set(key, value);
      }
      res.setHeader('set-cookie', await commitSession(session));
    }
    res.end(JSON.stringify(view(session.data)));
  };
}
