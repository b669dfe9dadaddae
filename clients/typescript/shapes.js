// Written by `cargo xtask codegen`; the text is in crates/app/src.

export const shapes = {
  "Classic": {
    "required": [
      "CallSid",
      "CallFrom",
      "CallTo",
      "Direction",
      "Created",
      "DialCallDuration",
      "StartTime",
      "EndTime",
      "CallType",
      "DialWhomNumber",
      "From",
      "To",
      "CurrentTime"
    ],
    "fields": {
      "CallSid": "text",
      "CallFrom": "text",
      "CallTo": "text",
      "CallStatus": "CallStatus",
      "Direction": "Direction",
      "ForwardedFrom": "text",
      "Created": "text",
      "DialCallDuration": "integer",
      "RecordingUrl": "text",
      "StartTime": "text",
      "EndTime": "text",
      "DialCallStatus": "DialCallStatus",
      "CallType": "CallType",
      "DialWhomNumber": "text",
      "ProcessStatus": "text",
      "flow_id": "text",
      "tenant_id": "text",
      "From": "text",
      "To": "text",
      "RecordingAvailableBy": "text",
      "CurrentTime": "text",
      "digits": "text",
      "CustomField": "text",
      "OutgoingPhoneNumber": "text",
      "Legs": "Leg[]",
      "Stream": "Stream",
      "Insights": "Insights"
    }
  },
  "Leg": {
    "required": [
      "Number",
      "OnCallDuration"
    ],
    "fields": {
      "Number": "text",
      "Type": "LegType",
      "OnCallDuration": "integer",
      "CallerId": "text",
      "CauseCode": "text",
      "Cause": "integer",
      "DisconnectedBy": "DisconnectedBy",
      "Insights": "LegInsights"
    }
  },
  "LegInsights": {
    "required": [],
    "fields": {
      "Status": "text",
      "DetailedStatus": "text",
      "RingingDuration": "number",
      "DisconnectedBy": "DisconnectedBy"
    }
  },
  "Stream": {
    "required": [],
    "fields": {
      "StreamSID": "text",
      "Status": "text",
      "Duration": "integer",
      "RecordingUrl": "text",
      "StreamUrl": "text",
      "DisconnectedBy": "text",
      "Error": "text",
      "DetailedStatus": "text"
    }
  },
  "Insights": {
    "required": [],
    "fields": {
      "DialCallStatus": "DialCallStatus"
    }
  },
  "Extended": {
    "required": [
      "Profile",
      "SentAt",
      "CallDirection",
      "PartyNumber",
      "LineNumber",
      "CallState",
      "CallOutcome",
      "CreatedAt",
      "CallSeconds",
      "FlowName",
      "FlowId",
      "TenantId"
    ],
    "fields": {
      "Profile": "text",
      "SentAt": "text",
      "CallDirection": "CallDirection",
      "PartyNumber": "text",
      "LineNumber": "text",
      "CallState": "CallState",
      "CallOutcome": "CallOutcome",
      "CreatedAt": "text",
      "AnsweredAt": "text",
      "EndedAt": "text",
      "CallSeconds": "number",
      "FlowName": "text",
      "FlowId": "text",
      "TenantId": "text",
      "Keys": "text",
      "CustomText": "text",
      "RecordingSeconds": "number",
      "ConnectStatus": "ConnectStatus",
      "ShownNumber": "text",
      "TalkedTo": "text",
      "TalkSeconds": "number",
      "Legs": "ExtendedLeg[]"
    }
  },
  "ExtendedLeg": {
    "required": [
      "PartyNumber",
      "ShownNumber",
      "Status",
      "Parallel",
      "RingSeconds",
      "TalkSeconds",
      "HangupCause",
      "HangupBy"
    ],
    "fields": {
      "PartyNumber": "text",
      "ShownNumber": "text",
      "Status": "LegStatus",
      "Parallel": "boolean",
      "StartedAt": "text",
      "AnsweredAt": "text",
      "EndedAt": "text",
      "RingSeconds": "number",
      "TalkSeconds": "number",
      "HangupCause": "integer",
      "HangupCauseName": "text",
      "HangupBy": "HangupBy"
    }
  }
};
