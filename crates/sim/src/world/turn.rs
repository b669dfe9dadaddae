//! A turn of the world: whatever is due takes place, and what comes of it is carried on until nobody wants anything more.

use core::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use flow::Audio;
use media::MediaId;
use model::{HttpOutcome, HttpTrace, Moment};
use switch::{MediaOrder, MediaReport, Output, RenderKey, render};

use super::{Answer, SWITCH, SWITCH_V6, World};
use crate::bot::Wish;
use crate::exchange::{EXCHANGE, Reach};
use crate::network::Datagram;
use crate::phone::Phone;

impl World {
    /// Takes the earliest thing that is due by `limit`; false if there is none.
    pub(crate) fn step(&mut self, limit: Instant) -> bool {
        let Some(left) = self.steps_left.checked_sub(1) else { return false };
        self.steps_left = left;
        let phones = self.phones.iter().filter_map(|phone| phone.agent.borrow().poll_timeout()).min();
        let answer = self.answers.keys().next().map(|(at, _)| *at);
        let due = [self.network.poll_timeout(), phones, answer, self.switch.poll_timeout(), self.plane.poll_timeout()];
        let due = due.into_iter().chain([self.bots.poll_timeout()]);
        let Some(next) = due.flatten().min().filter(|next| *next <= limit) else { return false };
        self.advance(next);
        while let Some(datagram) = self.network.poll_arrival(self.now.at) {
            self.deliver(&datagram);
            self.drain();
        }
        for index in 0..self.phones.len() {
            self.phones[index].agent.borrow_mut().handle_timeout(self.now.at);
            self.drain();
        }
        while let Some(entry) = self.answers.first_entry().filter(|entry| entry.key().0 <= self.now.at) {
            match entry.remove() {
                Answer::Http(key, outcome) => {
                    self.ladder.web(self.now.since(self.origin.at), "web > switch", &words(&outcome));
                    self.switch.handle_http(key, outcome, HttpTrace::default(), self.now);
                }
                Answer::Resolved(key, query) => {
                    let answer = self.look_up(&query);
                    self.switch.handle_resolved(key, &query, answer, self.now);
                }
                Answer::Rendered(key, result) => self.switch.handle_rendered(key, &result, self.now),
                Answer::Committed(key, failure) => self.switch.handle_committed(key, failure, self.now),
            }
            self.drain();
        }
        if self.plane.poll_timeout().is_some_and(|at| at <= self.now.at) {
            self.plane.handle_timeout(self.now.at);
            self.drain();
        }
        if self.bots.poll_timeout().is_some_and(|at| at <= self.now.at) {
            self.bots.handle_timeout(&self.tones, self.now.at);
            self.drain();
        }
        if self.switch.poll_timeout().is_some_and(|at| at <= self.now.at) {
            self.switch.handle_timeout(self.now);
            self.drain();
        }
        true
    }

    pub(super) fn advance(&mut self, to: Instant) {
        let passed = to.saturating_duration_since(self.now.at);
        self.now = Moment { at: self.now.at + passed, wall: self.now.wall + passed };
        *self.shared_now.borrow_mut() = self.now.at;
    }

    fn deliver(&mut self, datagram: &Datagram) {
        if is_switch(datagram.to) {
            let path = sip::Path { transport: sip::Transport::Udp, local: datagram.to, remote: datagram.from };
            self.switch.handle_message(datagram.bytes.clone(), path, self.now);
        } else if let Some(id) = self.media_by_address.get(&datagram.to) {
            self.plane.handle_packet(*id, datagram.from, false, &datagram.bytes, self.now.at);
        } else if let Some(phone) = self.phone_at(datagram.to) {
            phone.agent.borrow_mut().handle_datagram(datagram, self.now.at);
        } else if datagram.from == SWITCH
            && let Some(exchange) = &self.exchange
        {
            match exchange.reach(&datagram.bytes) {
                Reach::Phone(phone) => {
                    let mut agent = phone.agent.borrow_mut();
                    let forwarded = Datagram { to: agent.address, ..datagram.clone() };
                    agent.handle_datagram(&forwarded, self.now.at);
                }
                Reach::Answer(bytes) => {
                    self.ladder.sip(self.now.since(self.origin.at), "outside", "switch", &bytes);
                    self.network.send(Datagram { from: datagram.to, to: SWITCH, bytes }, self.now.at);
                }
                Reach::Nowhere => {}
            }
        }
    }

    /// What the DNS says: every name is the exchange's, if there is one, else what the story says.
    fn look_up(&self, query: &sip::Query) -> sip::Answer {
        match query {
            sip::Query::Address(_) if self.exchange.is_some() => sip::Answer::Addresses(vec![EXCHANGE.ip()]),
            query => self.names.get(query).cloned().unwrap_or(sip::Answer::None),
        }
    }

    /// Who a message of the switch goes to, for the ladder.
    fn name_of(&self, to: SocketAddr, bytes: &[u8]) -> String {
        let behind = || self.exchange.as_ref()?.phone(bytes);
        match (self.phone_at(to).or_else(behind), &self.exchange) {
            (Some(phone), _) => phone.name(),
            (None, Some(_)) => "outside".to_owned(),
            (None, None) => to.to_string(),
        }
    }

    fn phone_at(&self, address: SocketAddr) -> Option<Phone> {
        self.phones.iter().find(|phone| phone.agent.borrow().address.ip() == address.ip()).cloned()
    }

    /// Takes what everybody wants said and done, until nobody wants anything more.
    pub(super) fn drain(&mut self) {
        loop {
            while let Some(output) = self.switch.poll_output() {
                self.on_output(output);
            }
            while let Some(transmit) = self.plane.poll_transmit() {
                let datagram = transmit.rtcp.then_some(()).map_or_else(
                    || {
                        self.media_addresses.get(&transmit.id).map(|from| Datagram {
                            from: *from,
                            to: transmit.to,
                            bytes: bytes::Bytes::copy_from_slice(transmit.bytes),
                        })
                    },
                    |()| None, // nobody here listens to reports
                );
                if let Some(datagram) = datagram {
                    self.network.send(datagram, self.now.at);
                }
            }
            self.plane.handle_sent(self.now.at);
            for phone in self.phones.clone() {
                while let Some(datagram) = { phone.agent.borrow_mut().out.pop_front() } {
                    if is_switch(datagram.to) {
                        self.ladder.sip(self.now.since(self.origin.at), &phone.name(), "switch", &datagram.bytes);
                    }
                    self.network.send(datagram, self.now.at);
                }
            }
            while let Some(block) = self.plane.poll_recorded() {
                if let Some(why) = self.recorder.take(&block) {
                    self.switch.handle_recording_failed(block.recording, &why, self.now);
                }
            }
            while let Some(piece) = self.plane.poll_streamed() {
                self.bots.hear(&piece, self.now.at);
            }
            if let Some(wish) = self.bots.poll_wish() {
                self.grant(wish);
                continue;
            }
            match self.plane.poll_event() {
                Some(event) => self.switch.handle_media(MediaReport::Event(event), self.now),
                None => return,
            }
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Tell(id, report) => self.switch.handle_stream(id, report, self.now),
            Wish::Media(command) => self.plane.handle_command(command, self.now.at),
            Wish::Show(what) => self.ladder.web(self.now.since(self.origin.at), "stream", &what),
        }
    }

    fn on_output(&mut self, output: Output) {
        let at = self.now.since(self.origin.at);
        match output {
            Output::Transmit(transmit) => {
                let to = transmit.path.remote;
                let name = self.name_of(to, &transmit.bytes);
                self.ladder.sip(at, "switch", &name, &transmit.bytes);
                self.network.send(Datagram { from: transmit.path.local, to, bytes: transmit.bytes }, self.now.at);
            }
            Output::Media { order: MediaOrder::Open { id, address, settings }, .. } => self.open(id, address, settings),
            Output::Media { order: MediaOrder::Command(command), .. } => {
                if let media::Command::Close { id } = &command
                    && let Some(address) = self.media_addresses.remove(id)
                {
                    self.media_by_address.remove(&address);
                }
                self.plane.handle_command(command, self.now.at);
            }
            Output::Stream(order) => self.bots.order(order, self.now.at),
            Output::Record { id, recording } => self.recorder.begin(id, recording),
            Output::Resolve { key, query } => self.answer(Duration::ZERO, Answer::Resolved(key, query)),
            Output::Http { key, request } => {
                self.ladder.web(at, "switch > web", &format!("{} {}", request.method, request.url));
                let (delay, outcome) = self.web.ask(&request, at);
                self.answer(delay, Answer::Http(key, outcome));
            }
            Output::Render { key, audio } => self.render_later(key, audio, at),
            Output::Registration { .. }
            | Output::Unrouted(_)
            | Output::Attempted { .. }
            | Output::Signalling { .. } => {}
            Output::CancelHttp { key } => {
                self.answers.retain(|_, answer| !matches!(answer, Answer::Http(asked, _) if *asked == key));
            }
            Output::Journal(event) => {
                self.ladder.event(at, &event);
                self.journal.push(event);
            }
            Output::Commit { key, notify } => {
                self.answer(self.store_takes, Answer::Committed(key, self.store_fails.clone()));
                if self.store_fails.is_none() {
                    self.ladder.web(at, "outbox > web", &format!("{} {}", notify.request.method, notify.request.url));
                    let _delivered = self.web.ask(&notify.request, at);
                }
            }
        }
    }

    fn open(&mut self, id: MediaId, address: IpAddr, settings: media::Settings) {
        let local = SocketAddr::new(address, self.next_port);
        self.next_port += 2;
        self.media_by_address.insert(local, id);
        self.media_addresses.insert(id, local);
        self.plane.handle_command(media::Command::Open { id, settings, local }, self.now.at);
        self.switch.handle_media(MediaReport::Opened { id, local }, self.now);
    }

    fn answer(&mut self, delay: Duration, answer: Answer) {
        self.asked += 1;
        self.answers.insert((self.now.at + delay, self.asked), answer);
    }

    /// Makes a sound while a call waits: at once, or as the story says of speech, or of the site that has it.
    fn render_later(&mut self, key: RenderKey, audio: Audio, at: Duration) {
        let (delay, failure) = match &audio {
            Audio::Url(url) if self.web.knows(url) => {
                let request = render::request(url);
                self.ladder.web(at, "switch > web", &format!("{} {}", request.method, request.url));
                let (delay, outcome) = self.web.ask(&request, at);
                (delay, render::bytes(outcome).err())
            }
            Audio::Say(_) => self.speech.clone(),
            Audio::File(_) | Audio::Url(_) | Audio::Beep => (Duration::ZERO, None),
        };
        let result = failure.map_or_else(|| Ok(self.tones.render(&audio)), Err);
        self.answer(delay, Answer::Rendered(key, result));
    }
}

fn is_switch(address: SocketAddr) -> bool {
    address == SWITCH || address == SWITCH_V6
}

fn words(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Answered(answer) => answer.status.to_string(),
        HttpOutcome::Failed(failure) => failure.to_string(),
    }
}
