using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>What a batch of changes changed in the index.</summary>
/// <param name="Addresses">The addresses of selectable pods that are of other kinds than before, ascending.</param>
/// <param name="Finished">The addresses that only finished pods have, as <paramref name="Addresses"/>.</param>
/// <param name="Kinds">Kinds to whose pods other policies apply than before, or the same with another meaning.</param>
/// <param name="Ranges">Traits of addresses that hold other addresses than before.</param>
/// <param name="Nodes">Nodes that are other than they were, or run other pods.</param>
/// <param name="NodeAddresses">The addresses that are no node's any more, and those that are a node's now.</param>
internal sealed record IndexChanges(
    List<AddressChange> Addresses, List<AddressChange> Finished, HashSet<int> Kinds, HashSet<int> Ranges, HashSet<string> Nodes, Change<IpAddress> NodeAddresses);
