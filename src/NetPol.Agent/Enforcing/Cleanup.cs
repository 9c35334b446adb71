using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Enforcing;

/// <summary>Takes NetPol out of the kernel.</summary>
internal static class Cleanup
{
    /// <returns>False when there was nothing.</returns>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    public static bool Remove(INftables nftables)
    {
        if (nftables.Read(Renderer.TableName) is null)
            return false;
        nftables.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));
        return true;
    }
}
