using Grpc.Core;
using NetPol.Model;
using NetPol.Protocol;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Streaming;

/// <summary>The reports of an agent without those of addresses, which may come at any time and are handed over.</summary>
/// <param name="reports">All reports.</param>
/// <param name="take">Takes the addresses of a report.</param>
internal sealed class ReportReader(IAsyncStreamReader<Report> reports, Action<ValueArray<IpAddress>> take) : IAsyncStreamReader<Report>
{
    public Report Current => reports.Current;

    /// <exception cref="RpcException">A report has something that is no address.</exception>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        while (await reports.MoveNext(cancellationToken))
        {
            if (reports.Current.Addresses is not { } addresses)
                return true;
            try
            {
                take(WireAddresses.Read(addresses));
            }
            catch (ProtocolException error)
            {
                throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
            }
        }
        return false;
    }
}
