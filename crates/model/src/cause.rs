//! Why a leg or call ended: cause values of ITU-T Q.850, and their mapping from SIP and to it (RFC 3398 sections 8.2.6.1
//! and 7.2.4.1).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Q.850 cause value, 1 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cause(pub u8);

macro_rules! causes {
    ($($number:literal $name:ident),* $(,)?) => {
        impl Cause {
            $(#[doc = concat!("Q.850 cause ", stringify!($number), ".")] pub const $name: Self = Self($number);)*

            /// The name in the style of `exotel.md` 3.2, if Q.850 gives the value a meaning.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// The cause of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self($number)),)*
                    _ => None,
                }
            }
        }
    };
}

causes! {
    1 UNALLOCATED_NUMBER, 2 NO_ROUTE_TO_NETWORK, 3 NO_ROUTE_TO_DESTINATION, 4 SPECIAL_INFORMATION_TONE,
    5 MISDIALED_TRUNK_PREFIX, 6 CHANNEL_UNACCEPTABLE, 7 CALL_AWARDED_ESTABLISHED_CHANNEL, 8 PREEMPTION,
    9 PREEMPTION_CIRCUIT_RESERVED, 16 NORMAL_CLEARING, 17 USER_BUSY, 18 NO_USER_RESPONSE, 19 NO_ANSWER,
    20 SUBSCRIBER_ABSENT, 21 CALL_REJECTED, 22 NUMBER_CHANGED, 25 EXCHANGE_ROUTING_ERROR,
    26 NON_SELECTED_USER_CLEARING, 27 DESTINATION_OUT_OF_ORDER, 28 INVALID_NUMBER_FORMAT, 29 FACILITY_REJECTED,
    30 RESPONSE_TO_STATUS_ENQUIRY, 31 NORMAL_UNSPECIFIED, 34 NO_CIRCUIT_AVAILABLE, 38 NETWORK_OUT_OF_ORDER,
    41 TEMPORARY_FAILURE, 42 SWITCH_CONGESTION, 43 ACCESS_INFORMATION_DISCARDED, 44 REQUESTED_CHANNEL_NOT_AVAILABLE,
    47 RESOURCE_UNAVAILABLE, 50 FACILITY_NOT_SUBSCRIBED, 52 OUTGOING_CALLS_BARRED, 55 INCOMING_CALLS_BARRED_WITHIN_CUG,
    57 BEARER_CAPABILITY_NOT_AUTHORIZED, 58 BEARER_CAPABILITY_NOT_AVAILABLE, 63 SERVICE_NOT_AVAILABLE,
    65 BEARER_CAPABILITY_NOT_IMPLEMENTED, 66 CHANNEL_TYPE_NOT_IMPLEMENTED, 69 FACILITY_NOT_IMPLEMENTED,
    70 ONLY_RESTRICTED_DIGITAL_AVAILABLE, 79 SERVICE_NOT_IMPLEMENTED, 81 INVALID_CALL_REFERENCE_VALUE,
    87 USER_NOT_MEMBER_OF_CUG, 88 INCOMPATIBLE_DESTINATION, 91 INVALID_TRANSIT_NETWORK, 95 INVALID_MESSAGE,
    96 MANDATORY_IE_MISSING, 97 MESSAGE_TYPE_NON_EXISTENT, 98 MESSAGE_NOT_COMPATIBLE, 99 IE_NON_EXISTENT,
    100 INVALID_IE_CONTENTS, 101 MESSAGE_NOT_COMPATIBLE_WITH_STATE, 102 RECOVERY_ON_TIMER_EXPIRY, 111 PROTOCOL_ERROR,
    127 INTERWORKING_UNSPECIFIED,
}

impl Cause {
    /// The cause that a SIP final answer of 300 and above stands for (RFC 3398 section 8.2.6.1). 488 and 606, which it
    /// leaves to their warnings, are about media.
    pub fn from_sip(status: u16) -> Self {
        match status {
            400 | 481 | 500 | 503 => Self::TEMPORARY_FAILURE,
            401 | 402 | 403 | 407 | 603 => Self::CALL_REJECTED,
            404 | 604 => Self::UNALLOCATED_NUMBER,
            405 => Self::SERVICE_NOT_AVAILABLE,
            406 | 415 | 501 => Self::SERVICE_NOT_IMPLEMENTED,
            408 | 504 => Self::RECOVERY_ON_TIMER_EXPIRY,
            410 => Self::NUMBER_CHANGED,
            413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => Self::INTERWORKING_UNSPECIFIED,
            480 => Self::NO_USER_RESPONSE,
            482 | 483 => Self::EXCHANGE_ROUTING_ERROR,
            484 => Self::INVALID_NUMBER_FORMAT,
            485 => Self::UNALLOCATED_NUMBER,
            486 | 600 => Self::USER_BUSY,
            487 => Self::NORMAL_CLEARING,
            488 | 606 => Self::BEARER_CAPABILITY_NOT_AVAILABLE,
            502 => Self::NETWORK_OUT_OF_ORDER,
            _ => Self::NORMAL_UNSPECIFIED,
        }
    }

    /// The SIP final answer that refuses a call for this cause (RFC 3398 section 7.2.4.1). What it leaves open is 480, or 603
    /// for a normal end, which a call that is up ends by BYE.
    pub fn to_sip(self) -> u16 {
        match self.0 {
            1..=3 => 404,
            17 => 486,
            18 => 408,
            19 | 20 => 480,
            21 => 403,
            22 | 23 => 410,
            26 => 404,
            27 => 502,
            28 => 484,
            29 | 79 => 501,
            31 => 480,
            34 | 38 | 41 | 42 | 47 | 58 | 63 | 88 => 503,
            55 | 57 | 87 => 403,
            65 | 70 => 488,
            102 => 504,
            111 | 127 => 500,
            16 => 603,
            _ => 480,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "cause {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn names_and_numbers_agree_both_ways() {
        for number in 0..=u8::MAX {
            if let Some(name) = Cause(number).name() {
                assert_eq!(Cause::from_name(name), Some(Cause(number)));
            }
        }
        assert_eq!(Cause(0).name(), None);
        assert_eq!(Cause::USER_BUSY.to_string(), "USER_BUSY (17)");
    }

    #[test]
    fn sip_answers_map_by_rfc_3398() {
        let rows: [(&[u16], u8); 15] = [
            (&[400, 481, 500, 503], 41),
            (&[401, 402, 403, 407, 603], 21),
            (&[404, 485, 604], 1),
            (&[405], 63),
            (&[406, 415, 501], 79),
            (&[408, 504], 102),
            (&[410], 22),
            (&[413, 414, 416, 420, 421, 423, 505, 513], 127),
            (&[480], 18),
            (&[482, 483], 25),
            (&[484], 28),
            (&[486, 600], 17),
            (&[502], 38),
            // Not in the table: the end that we asked for, media, anything else.
            (&[488, 606], 58),
            (&[300, 409, 580, 699], 31),
        ];
        for (statuses, cause) in rows {
            for status in statuses {
                assert_eq!(Cause::from_sip(*status), Cause(cause), "{status}");
            }
        }
        assert_eq!(Cause::from_sip(487), Cause::NORMAL_CLEARING);
    }

    #[test]
    fn causes_map_to_sip_by_rfc_3398() {
        let rows: [(&[u8], u16); 13] = [
            (&[1, 2, 3, 26], 404),
            (&[17], 486),
            (&[18], 408),
            (&[19, 20, 31], 480),
            (&[21, 55, 57, 87], 403),
            (&[22, 23], 410),
            (&[27], 502),
            (&[28], 484),
            (&[29, 79], 501),
            (&[34, 38, 41, 42, 47, 58, 88], 503),
            (&[65, 70], 488),
            (&[102], 504),
            (&[111, 127], 500),
        ];
        for (causes, status) in rows {
            for cause in causes {
                assert_eq!(Cause(*cause).to_sip(), status, "{cause}");
            }
        }
    }

    #[test]
    fn every_cause_refuses_with_a_final_error() {
        for number in 0..=u8::MAX {
            assert!((400..700).contains(&Cause(number).to_sip()), "{number}");
        }
    }
}
