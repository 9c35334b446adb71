using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>The effect of a batch of changes on the index.</summary>
/// <param name="Addresses">The addresses of selectable pods whose endpoint class changed, ascending.</param>
/// <param name="Finished">The addresses that only finished pods have, as <paramref name="Addresses"/>.</param>
/// <param name="Kinds">The endpoint classes to which other or changed policies apply.</param>
/// <param name="Ranges">The address matchers whose addresses changed.</param>
/// <param name="Nodes">The nodes that changed or run other pods.</param>
/// <param name="NodeAddresses">The removed and added node addresses.</param>
internal sealed record IndexChanges(
    List<AddressChange> Addresses, List<AddressChange> Finished, HashSet<int> Kinds, HashSet<int> Ranges, HashSet<string> Nodes, Change<IpAddress> NodeAddresses);
