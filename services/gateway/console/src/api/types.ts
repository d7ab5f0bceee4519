// The messages of pathloom.gateway.v1, journey_graph.v1 and scoring.v1 as the REST API gives them: the proto's
// names in snake_case, times as RFC 3339, what is not set left out. 64-bit numbers come as strings.

export type Count = number | string;

export interface Leg {
  kind?: string;
  queue?: string;
  department?: string;
  agent_id?: string;
  start?: string;
  end?: string;
  wait_s?: number;
  talk_s?: number;
  unanswered?: boolean;
}

export interface SelfServiceStep {
  step?: string;
  at?: string;
  failed?: boolean;
  done?: boolean;
  why?: string;
}

export interface Answer {
  scale?: string;
  value?: number;
  scale_min?: number;
  scale_max?: number;
  question?: string;
  verbatim?: string;
  at?: string;
}

export interface Touchpoint {
  touchpoint_id: string;
  kind?: string;
  channel?: string;
  direction?: string;
  touch?: string;
  title?: string;
  start?: string;
  end?: string;
  ongoing?: boolean;
  outcome?: string;
  legs?: Leg[];
  stated_reasons?: string[];
  coded_reasons?: string[];
  derived_reason?: string;
  waiting_s?: number;
  talking_s?: number;
  hold_s?: number;
  self_service_s?: number;
  transfers?: number;
  policy_blocks?: string[];
  steps?: SelfServiceStep[];
  answers?: Answer[];
  note?: string;
  codes?: string[];
  views?: number;
  hop?: boolean;
  stage?: string;
  department?: string;
  queue?: string;
}

export interface Contribution {
  signal?: string;
  points?: number;
  amount?: number;
  unit?: string;
  touchpoint_id?: string;
}

export interface Satisfaction {
  basis?: string;
  value?: number;
  low?: number;
  high?: number;
  base?: number;
  contributions?: Contribution[];
}

export interface Friction {
  points?: number;
  contributions?: Contribution[];
}

export interface Promised {
  promise?: {
    what?: string;
    due_at?: string;
    by?: string;
    made_at?: string;
    kept_at?: string;
    broken_at?: string;
  };
  overdue?: boolean;
  journey_id?: string;
}

export interface Effort {
  minutes?: number;
  contacts?: number;
  channels?: number;
  waiting_minutes?: number;
  talking_minutes?: number;
  self_service_minutes?: number;
  not_measured?: number;
}

export interface JourneyView {
  journey_id: string;
  goal?: string;
  goal_label?: string;
  state?: string;
  stage?: string;
  opened_at?: string;
  last_at?: string;
  closed_at?: string;
  day?: number;
  touchpoints?: Touchpoint[];
  more_touchpoints?: Count;
  effort?: Effort;
  satisfaction?: Satisfaction;
  friction?: Friction;
  promises?: Promised[];
  scores_updating?: boolean;
}

export interface Fact {
  name?: string;
  value?: string;
  source_id?: string;
  said_at?: string;
  trust?: string;
  pinned?: boolean;
}

export interface LiveContact {
  contact_id?: string;
  namespace?: string;
  channel?: string;
  direction?: string;
  state?: string;
  started_at?: string;
  since?: string;
  queue?: string;
  department?: string;
  agent_id?: string;
  reason?: string;
  identity_level?: string;
  identity_why?: string;
  ended?: boolean;
  updating?: boolean;
}

export interface LastContact {
  channel?: string;
  start?: string;
  agents?: string[];
  departments?: string[];
  note?: string;
  codes?: string[];
  outcome?: string;
}

export interface Case {
  case_id?: string;
  title?: string;
  opened_at?: string;
  due_at?: string;
  escalated?: boolean;
}

export interface CustomerView {
  customer_id: string;
  asked_for?: string;
  sentence?: string;
  name?: string;
  identity_level?: string;
  facts?: Fact[];
  language?: string;
  flags?: string[];
  known_as?: { source_namespace?: string; kind?: string; first_seen?: string }[];
  why_one?: { text?: string; kind?: string; weight?: number; pieces?: EvidencePiece[] }[];
  effort?: Effort;
  journeys?: JourneyView[];
  closed_journeys?: JourneyView[];
  more_journeys?: Count;
  last_contact?: LastContact;
  promises?: Promised[];
  open_cases?: Case[];
  last_feedback?: Answer[];
  live_contacts?: LiveContact[];
  test?: boolean;
  unidentified?: boolean;
  household?: { customer_id?: string; name?: string; why?: string[] }[];
  more_household?: Count;
  consents?: Consent[];
  more_consents?: Count;
  preferred_channel?: string;
}

export interface Consent {
  purpose?: string;
  channel?: string;
  state?: string;
  expires_at?: string;
  said_at?: string;
  source_id?: string;
  trust?: string;
}

export interface Candidate {
  customer_id: string;
  name?: string;
  sentence?: string;
  last_contact_at?: string;
  told_apart_by?: Fact[];
  why?: string;
}

export interface Age {
  as_of?: string;
  seconds?: number;
  updating?: boolean;
  lagging?: string[];
}

export interface LookUp {
  outcome?: string;
  view?: CustomerView;
  candidates?: Candidate[];
  contact?: LiveContact;
  age?: Age;
  more_candidates?: boolean;
}

export interface Watched {
  event_id?: string;
  look_up?: LookUp;
  now_known_as?: string;
}

export interface Measure {
  name?: string;
  group_by?: string;
  group?: string;
  value?: number;
  n?: Count;
  low?: number;
  high?: number;
  unit?: string;
  definition?: string;
  coverage?: number;
}

export interface Overview {
  queues?: { queue?: string; waiting?: Count; longest_wait_s?: number; contact_ids?: string[] }[];
  abandoned_last_half_hour?: Count;
  offered_last_half_hour?: Count;
  service_level?: Measure;
  overdue_promises?: Count;
  today?: Measure[];
  same_weekday_before?: Measure[];
  as_of?: string;
}

export interface JourneyRow {
  journey_id: string;
  customer_id?: string;
  goal_label?: string;
  state?: string;
  opened_at?: string;
  last_at?: string;
  channels?: string[];
  touchpoints?: Count;
  friction?: number;
  satisfaction?: Satisfaction;
}

export interface JourneyRows {
  journeys?: JourneyRow[];
  next_page_token?: string;
  total?: Count;
}

// identity.v1, as stewards need it.
export interface RecordKey {
  namespace?: string;
  kind?: string;
  id?: string;
}

export interface EvidencePiece {
  attribute?: string;
  level?: string;
  weight?: number;
}

export interface Review {
  left_customer_id: string;
  right_customer_id: string;
  left: RecordKey;
  right: RecordKey;
  weight?: number;
  probability?: number;
  worth?: number;
}

export interface Explained {
  weight?: number;
  pieces?: EvidencePiece[];
  vetoed?: boolean;
  veto?: string;
  cut?: number;
  model_version?: string;
}

export interface CustomerChange {
  kind?: string;
  record?: RecordKey;
  from_customer_id?: string;
  into_customer_id?: string;
  changed_at?: string;
  text?: string;
  actor?: string;
  field?: string;
  source_id?: string;
}

export interface FieldValue {
  value?: string;
  source_id?: string;
  record?: RecordKey;
  said_at?: string;
  trust?: string;
  pin?: { actor?: string; reason?: string; pinned_at?: string };
}
