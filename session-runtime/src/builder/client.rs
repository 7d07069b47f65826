use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, StalledStreamProtectionConfig};

use crate::dynamo::ChosenProfile;
use crate::error::{Error, ErrorKind};

/// How long one request may take, by default.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an operation may take with its retries, by default.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn client_of(config: &SdkConfig) -> Result<Client, Error> {
    if config.region().is_none() {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "no AWS Region is set; set AWS_REGION, or `region` in the profile (a local endpoint takes \
                 any){ChosenProfile}"
            ),
        ));
    }
    Ok(Client::new(config))
}

/// The store's own timeouts first, then the client's, then ours; and no protection against stalled streams beside one.
pub(super) fn with_timeouts(client: &Client, mut timeouts: TimeoutConfig) -> Builder {
    if let Some(set) = client.config().timeout_config() {
        timeouts.take_defaults_from(set);
    }
    let ours = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    timeouts.take_defaults_from(&ours);
    let is_limited =
        timeouts.operation_attempt_timeout().or(timeouts.operation_timeout()).is_some();
    let mut config = client.config().to_builder().timeout_config(timeouts);
    if is_limited {
        // What a timeout covers already would cost a tenth of the CPU time of a request.
        config.set_stalled_stream_protection(Some(StalledStreamProtectionConfig::disabled()));
    }
    config
}
