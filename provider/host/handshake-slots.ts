/** sshd's MaxStartups drops connections beyond 10 that have not authenticated yet. */
const handshakesAtOnce = 8;

const busy = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

/** Does a handshake with the sshd at `address` when fewer than eight others are under way. */
export const inHandshakeSlot = async <T>(address: string, handshake: () => Promise<T>): Promise<T> => {
  const slots = busy.get(address) ?? { running: 0, waiting: [] };
  busy.set(address, slots);
  if (slots.running >= handshakesAtOnce) await new Promise<void>((resolve) => slots.waiting.push(resolve));
  else slots.running += 1;
  try {
    return await handshake();
  } finally {
    const next = slots.waiting.shift();
    if (next) next();
    else slots.running -= 1;
  }
};
