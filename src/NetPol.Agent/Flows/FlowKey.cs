using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Agent.Flows;

/// <summary>What packets have in common that one record tells of. The source's port is no part of it: every attempt to connect has another one.</summary>
internal readonly record struct FlowKey(DecisionId Decision, IpAddress Source, IpAddress Destination, byte Protocol, ushort? Port, byte? IcmpType);
