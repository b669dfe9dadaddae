import { useEffect, useState } from "react";

/** The call's clock now: it goes on from the last line while the call runs. */
export function useNow(last: number, came: number, running: boolean): number {
  const [now, setNow] = useState(last);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(last + performance.now() - came), 250);
    return () => clearInterval(timer);
  }, [last, came, running]);
  return running ? Math.max(now, last) : last;
}
