//! The one way out of this machine: HTTPS by the system's certificates. Nothing is sent but when the host asks for it.

use std::sync::Arc;
use ureq::config::ConfigBuilder;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::typestate::AgentScope;
use ureq::{Agent, Proxy};

/// What all our requests have in common; a server on this machine is asked without the environment's proxy.
pub(crate) fn config(loopback: bool) -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .proxy(if loopback { None } else { Proxy::try_from_env() })
        .user_agent(concat!("viralnow/", env!("CARGO_PKG_VERSION")))
}

/// Whether an address is one of this machine.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
