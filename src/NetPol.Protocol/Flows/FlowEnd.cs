using NetPol.Model;

namespace NetPol.Protocol.Flows;

/// <summary>One side of a flow.</summary>
/// <param name="Address">As the judging rules saw it: after destination translation, before source translation.</param>
/// <param name="Port">Null where there is none, and for a source when the connections came from several.</param>
/// <param name="Owner">Null when nobody knows.</param>
public sealed record FlowEnd(IpAddress Address, ushort? Port, AddressOwner? Owner = null)
{
    /// <summary>The owner's name, or the address.</summary>
    public string Name => Owner?.ToString() ?? Address.ToString();
}
