namespace NetPol.Model.Policies;

/// <summary>One ingress or egress rule.</summary>
/// <param name="Index">Its index in the policy's list for the direction, from 0.</param>
/// <param name="Name">Its name, as <see cref="VisibleText"/>. Null without a name, and always in a NetworkPolicy.</param>
/// <param name="Action">The action for connections that it matches.</param>
/// <param name="Peers">The other ends; never empty (a NetworkPolicy rule without peers has <see cref="Peer.Any"/>).</param>
/// <param name="Ports">Null: everything, ICMP included. Otherwise only these ports, and never ICMP.</param>
public sealed record Rule(int Index, string? Name, RuleAction Action, ValueArray<Peer> Peers, ValueArray<PortMatch>? Ports)
{
    public string? Name { get; init => field = VisibleText.Of(value); } = VisibleText.Of(Name);
}
