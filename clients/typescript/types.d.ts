// Written by `cargo xtask codegen`; the text is in crates/app/src.

/** The parameters of a classic Passthru. */
export interface Classic {
  /** The call's name, 32 characters of 0-9 and a-v. */
  CallSid: string;
  /** The caller; of a call that the API started, who was rung first. */
  CallFrom: string;
  /** Your number. */
  CallTo: string;
  /** How the call is; accounts differ in whether it is sent. */
  CallStatus?: CallStatus;
  /** Who began the call. */
  Direction: Direction;
  /** Deprecated: `null`. */
  ForwardedFrom?: string;
  /** When the call arrived: `Wed, 31 Jul 2024 16:42:56`. */
  Created: string;
  /** Seconds of ringing and talk with the party that answered; 0 if nobody did, however long it rang. */
  DialCallDuration: number;
  /** Where the recording is, or will be. */
  RecordingUrl?: string;
  /** When the call arrived: `2024-07-31 16:42:56`. */
  StartTime: string;
  /** Never known: the first second of 1970 in the account's zone. */
  EndTime: string;
  /** What became of the last connect. */
  DialCallStatus?: DialCallStatus;
  /** What the call came to so far. */
  CallType: CallType;
  /** The party that talked, else the last one dialled; empty before any connect. */
  DialWhomNumber: string;
  /** Deprecated: `null`. */
  ProcessStatus?: string;
  /** Deprecated: the flow's number. */
  flow_id?: string;
  /** Deprecated: the account's number. */
  tenant_id?: string;
  /** As `CallFrom`. */
  From: string;
  /** As `CallTo`, though not always in Exotel's requests. */
  To: string;
  /** By when the recording is there: `Wed, 31 Jul 2024 16:48:02`. */
  RecordingAvailableBy?: string;
  /** When the request was made: `2024-07-31 16:43:02`. */
  CurrentTime: string;
  /** The keys of the last gather or menu, inside double quotes: `"12"`. */
  digits?: string;
  /** The text that the API's user gave when starting the call. */
  CustomField?: string;
  /** The number that was shown to those who were dialled. */
  OutgoingPhoneNumber?: string;
  /** Each party that the last connect dialled, in order. */
  Legs: Leg[];
  /** What became of the stream before it, if there was one. */
  Stream?: Stream;
  /** An add-on of Exotel's. */
  Insights?: Insights;
}

/** How a call is. It is `completed` as soon as a conversation took place, even while the caller is still there. */
export type CallStatus = "queued" | "ringing" | "in-progress" | "completed" | "busy" | "failed" | "no-answer" | "canceled" | (string & {});

/** Who began a call. */
export type Direction = "incoming" | "outbound-dial" | (string & {});

/** What became of a connect. */
export type DialCallStatus = "completed" | "busy" | "no-answer" | "failed" | "canceled" | (string & {});

/** What a call came to. */
export type CallType = "call-attempt" | "completed" | "client-hangup" | "incomplete" | "voicemail" | (string & {});

/** A party that was dialled. */
export interface Leg {
  /** The number as dialled, or `sip:…`. */
  Number: string;
  /** Whether others might ring at the same time. */
  Type?: LegType;
  /** Seconds of conversation; 0 if it did not answer. */
  OnCallDuration: number;
  /** The number shown to it. */
  CallerId?: string;
  /** The name of the cause, not its number: `NORMAL_CLEARING`. */
  CauseCode?: string;
  /** The number of the cause, not its name: 16; 1003 is `RING_TIMEOUT`, which is none of Q.850. */
  Cause?: number;
  /** Who ended it; accounts differ in whether it is sent. */
  DisconnectedBy?: DisconnectedBy;
  /** An add-on of Exotel's. */
  Insights?: LegInsights;
}

/** How parties are dialled. */
export type LegType = "single" | "parallel" | (string & {});

/** Who ended a leg. */
export type DisconnectedBy = "Caller" | "Callee" | "Exotel" | "Operator" | "NA" | (string & {});

/** What Exotel's add-on says of a party. */
export interface LegInsights {
  /** What became of it. */
  Status?: string;
  /** The same more finely: `CALL_COMPLETED`. */
  DetailedStatus?: string;
  /** Seconds of ringing. */
  RingingDuration?: number;
  /** Who ended it. */
  DisconnectedBy?: DisconnectedBy;
}

/** A stream to an application that heard the call: docs/streams.md. */
export interface Stream {
  /** Its id. */
  StreamSID?: string;
  /** `completed`, `failed`, or `cancelled`: the caller hung up. */
  Status?: string;
  /** Seconds that the application heard the call. */
  Duration?: number;
  /** Where the recording is, or will be. */
  RecordingUrl?: string;
  /** The address of the WebSocket. */
  StreamUrl?: string;
  /** `bot`, `user` or `NA`. */
  DisconnectedBy?: string;
  /** What failed, after a number: 3009 is a connection. */
  Error?: string;
  /** `Streaming_call_throttled`: there were as many as there may be. */
  DetailedStatus?: string;
}

/** What Exotel's add-on says of a connect. */
export interface Insights {
  /** What became of it. */
  DialCallStatus?: DialCallStatus;
}

/** What an extended Passthru says beside the classic parameters. */
export interface Extended {
  /** `extended`. */
  Profile: string;
  /** When the request was made. */
  SentAt: string;
  /** Who began the call. */
  CallDirection: CallDirection;
  /** The person on the first leg: who called, or who was called for the API. E.164 if it is a number. */
  PartyNumber: string;
  /** Your own number, E.164. */
  LineNumber: string;
  /** How the first leg is. */
  CallState: CallState;
  /** What the call came to so far. */
  CallOutcome: CallOutcome;
  /** When the call began. */
  CreatedAt: string;
  /** When the first leg was answered, once it is. */
  AnsweredAt?: string;
  /** When the caller went, once that is so. */
  EndedAt?: string;
  /** Seconds from the begin to the end, or until now. */
  CallSeconds: number;
  /** The flow's name. */
  FlowName: string;
  /** The flow's number. */
  FlowId: string;
  /** The account's number. */
  TenantId: string;
  /** The keys of the last gather or menu, without quotes; empty if none was pressed. */
  Keys?: string;
  /** The text that the API's user gave when starting the call. */
  CustomText?: string;
  /** How long the recording at `RecordingUrl` is, in seconds. */
  RecordingSeconds?: number;
  /** What became of the last connect. */
  ConnectStatus?: ConnectStatus;
  /** The number that was shown to who talked, or to the last that was rung. */
  ShownNumber?: string;
  /** Who talked with the caller: a number or `sip:…`. */
  TalkedTo?: string;
  /** Seconds of that conversation. */
  TalkSeconds?: number;
  /** Each party that the last connect dialled, in order. */
  Legs: ExtendedLeg[];
}

/** Who began a call. */
export type CallDirection = "inbound" | "outbound" | (string & {});

/** How the first leg is. */
export type CallState = "ringing" | "answered" | "ended" | (string & {});

/** What a call came to. */
export type CallOutcome = "none" | "talked" | "missed" | "abandoned" | "voicemail" | (string & {});

/** What became of a connect. */
export type ConnectStatus = "talked" | "busy" | "no-answer" | "failed" | "abandoned" | (string & {});

/** A party that was dialled. */
export interface ExtendedLeg {
  /** A number in E.164, or `sip:…`. */
  PartyNumber: string;
  /** The number shown to it. */
  ShownNumber: string;
  /** What became of it. */
  Status: LegStatus;
  /** Whether others might ring at the same time. */
  Parallel: boolean;
  /** When it was dialled. */
  StartedAt?: string;
  /** When it answered, if it did. */
  AnsweredAt?: string;
  /** When it was over. */
  EndedAt?: string;
  /** Seconds of ringing, as far as it said so. */
  RingSeconds: number;
  /** Seconds of conversation. */
  TalkSeconds: number;
  /** The number of the cause of its end, of ITU-T Q.850. */
  HangupCause: number;
  /** The name of that cause, if it has one. */
  HangupCauseName?: string;
  /** Who ended it. */
  HangupBy: HangupBy;
}

/** What became of a party. */
export type LegStatus = "talked" | "busy" | "no-answer" | "failed" | "canceled" | (string & {});

/** Who ended a leg. */
export type HangupBy = "caller" | "callee" | "server" | "network" | (string & {});
