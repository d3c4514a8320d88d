// Holds the types that the client works with to the ones made out of the server's document: a field that changes its
// name, its type or disappears there is an error of the type checker here.
import type { components } from "./schema";
import type { HostedProfiles, Identity, ProfileHostOffer, ProfilePlaces } from "./identity";
import type { LinkedService, OidcArrival } from "./oidc";
import type { RecoveryKeys, TakeoverStatus } from "./takeover";
import type { ListPreview, TrustSettings } from "./trust";
import type * as Ours from "./types";

type Schemas = components["schemas"];
/** Fails to compile where the server's type does not fit ours. */
type Fits<Server extends Client, Client> = Server;

export type Checked = {
  Problem: Fits<Schemas["Problem"], Ours.Problem>;
  Instance: Fits<Schemas["Instance"], Ours.Instance>;
  SessionCreated: Fits<Schemas["SessionCreated"], Ours.SessionCreated>;
  SecondStep: Fits<Schemas["SecondStep"], Ours.SecondStep>;
  Factors: Fits<Schemas["Factors"], Ours.Factors>;
  Application: Fits<Schemas["Application"], Ours.Application>;
  Erasure: Fits<Schemas["Erasure"], Ours.Erasure>;
  Departure: Fits<Schemas["Departure"], Ours.Departure>;
  DeletionSet: Fits<Schemas["DeletionSet"], Ours.DeletionSet>;
  DeletionProgress: Fits<Schemas["DeletionProgress"], Ours.DeletionProgress>;
  Export: Fits<Schemas["Export"], Ours.Export>;
  ImportPreview: Fits<Schemas["ImportPreview"], Ours.ImportPreview>;
  ImportPart: Fits<Schemas["ImportPart"], Ours.ImportPart>;
  AddedPasskey: Fits<Schemas["AddedPasskey"], Ours.AddedPasskey>;
  AuthenticatorOffer: Fits<Schemas["AuthenticatorOffer"], Ours.AuthenticatorOffer>;
  RecoveryCodes: Fits<Schemas["RecoveryCodes"], Ours.RecoveryCodes>;
  Me: Fits<Schemas["Me"], Ours.Me>;
  LinkedService: Fits<Schemas["LinkedService"], LinkedService>;
  OidcArrival: Fits<Schemas["OidcArrival"], OidcArrival>;
  TrustSettings: Fits<Schemas["TrustSettings"], TrustSettings>;
  ListPreview: Fits<Schemas["ListPreview"], ListPreview>;
  Identity: Fits<Schemas["Identity"], Omit<Identity, "last">>;
  ProfilePlaces: Fits<Schemas["ProfilePlaces"], ProfilePlaces>;
  ProfileHostOffer: Fits<Schemas["ProfileHostOffer"], ProfileHostOffer>;
  HostedProfiles: Fits<Schemas["HostedProfiles"], HostedProfiles>;
  RecoveryKeys: Fits<Schemas["RecoveryKeys"], RecoveryKeys>;
  TakeoverStatus: Fits<Omit<Schemas["TakeoverStatus"], "statement">, Omit<TakeoverStatus, "statement">>;
  Email: Fits<Schemas["Email"], Ours.Email>;
  Challenge: Fits<Schemas["Challenge"], Ours.Challenge>;
  Work: Fits<Ours.Work, Schemas["Work"]>;
  Session: Fits<Schemas["Session"], Ours.Session>;
  User: Fits<Schemas["User"], Ours.User>;
  Profile: Fits<Schemas["Profile"], Ours.Profile>;
  Server: Fits<Schemas["Server"], Ours.Server>;
  HubStatus: Fits<Schemas["HubStatus"], Ours.HubStatus>;
  Role: Fits<Schemas["Role"], Ours.Role>;
  Channel: Fits<Schemas["Channel"], Ours.Channel>;
  Override: Fits<Schemas["Override"], Ours.Override>;
  Members: Fits<Schemas["Members"], Ours.Members>;
  Member: Fits<Schemas["Member"], Ours.Member>;
  Presence: Fits<Schemas["Presence"], Ours.Presence>;
  Ban: Fits<Schemas["Ban"], Ours.Ban>;
  Invite: Fits<Schemas["Invite"], Ours.Invite>;
  InvitePreview: Fits<Schemas["InvitePreview"], Ours.InvitePreview>;
  DirectoryEntry: Fits<Schemas["DirectoryEntry"], Ours.DirectoryEntry>;
  MessagePage: Fits<Schemas["MessagePage"], Ours.MessagePage>;
  Notice: Fits<Schemas["Notice"], Ours.Notice>;
  Message: Fits<Schemas["Message"], Ours.Message>;
  ReplyRef: Fits<Schemas["ReplyRef"], Ours.ReplyRef>;
  Attachment: Fits<Schemas["Attachment"], Ours.Attachment>;
  Reaction: Fits<Schemas["Reaction"], Ours.Reaction>;
  PartialUpload: Fits<Schemas["PartialUpload"], Ours.PartialUpload>;
  Upload: Fits<Schemas["Upload"], Ours.Upload>;
  FieldProblem: Fits<Schemas["FieldProblem"], Ours.FieldProblem>;
};
