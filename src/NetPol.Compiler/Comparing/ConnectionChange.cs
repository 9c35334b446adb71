using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Comparing;

/// <summary>
/// A change of all connections from each of some groups of endpoints to each of others, on some ports. Between a pod and itself, and
/// between a pod and its own node, there is none of these unless <paramref name="Counterpart"/> says so.
/// </summary>
/// <param name="Kind">What changes.</param>
/// <param name="Counterpart">Whom the sources connect to.</param>
/// <param name="Family">The address family over which it changes; null: every one that both ends have.</param>
/// <param name="From">The sources, as places in <see cref="ClusterComparison.Groups"/>, ascending.</param>
/// <param name="To">The destinations, likewise; empty where each source is its own destination.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="Before">Who decided before: the denials where it was denied, else those policies that allowed; by id.</param>
/// <param name="After">Who decides now, likewise.</param>
public sealed record ConnectionChange(
    ChangeKind Kind,
    Counterpart Counterpart,
    IpFamily? Family,
    ValueArray<int> From,
    ValueArray<int> To,
    PortSet Ports,
    ValueArray<Decision> Before,
    ValueArray<Decision> After);
