import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";

/** What the server does now. */
export default function Home() {
  const calls = useQuery({ queryKey: ["calls", "latest"], queryFn: () => data(api.GET("/api/v1/calls", {})) });
  if (calls.isPending) return <Busy what="calls" />;
  if (calls.isError) return <Fault error={calls.error} again={() => calls.refetch()} />;
  const { calls: latest } = calls.data;
  return (
    <>
      <h1>Home</h1>
      {latest.length === 0 ? (
        <Empty
          title="No call yet."
          next={
            <>
              Place one: <code>passthru call 08044444444</code>
            </>
          }
        />
      ) : (
        <ul>
          {latest.map((call) => (
            <li key={call.sid}>{call.sid}</li>
          ))}
        </ul>
      )}
    </>
  );
}
