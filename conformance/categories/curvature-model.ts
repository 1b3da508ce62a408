/** The networks and losses of curvature.json as Python, run by the interpreter like every other case. */
export const curvatureSource = `
def network(theta, x, sizes, activation, bias):
    at = 0
    for layer in range(len(sizes) - 1):
        inner, outer = sizes[layer], sizes[layer + 1]
        weight = theta[at:at + outer * inner].reshape(outer, inner)
        at += outer * inner
        x = x @ weight.t()
        if bias:
            x = x + theta[at:at + outer]
            at += outer
        if layer < len(sizes) - 2:
            x = getattr(F, activation)(x)
    return x

def losses(output, y, kind):
    if kind == 'mse':
        return ((output - y) ** 2).mean(-1)
    if kind == 'half_mse':
        return 0.5 * ((output - y) ** 2).sum(-1)
    if kind == 'cross_entropy':
        chosen = torch.gather(output, -1, y.unsqueeze(-1)).squeeze(-1)
        return torch.logsumexp(output, -1) - chosen
    if kind == 'bce_with_logits':
        logit = output.squeeze(-1)
        return F.softplus(logit) - logit * y
    raise ValueError(kind)

def loss(theta, x, y, sizes, activation, bias, loss, l2):
    data = losses(network(theta, x, sizes, activation, bias), y, loss).mean()
    return data + 0.5 * l2 * (theta ** 2).sum()

def sample_loss(theta, x, y, sizes, activation, bias, loss, l2):
    return losses(network(theta, x.unsqueeze(0), sizes, activation, bias), y.unsqueeze(0), loss).sum()

def output_loss(output, y, loss):
    return losses(output.unsqueeze(0), y.unsqueeze(0), loss).sum()

def gauss_newton(jacobian, output_hessian):
    return torch.einsum('nai,nab,nbj->ij', jacobian, output_hessian, jacobian) / jacobian.shape[0]

def classes(output, loss):
    # Each possible label of all samples, with its probability under the model.
    if loss == 'cross_entropy':
        p = torch.softmax(output, -1)
        return [(torch.full((len(output),), c), p[:, c]) for c in range(output.shape[1])]
    p = torch.sigmoid(output[:, 0])
    return [(torch.zeros_like(p), 1 - p), (torch.ones_like(p), p)]

def weighted_squares(weights, gradients):
    return (weights.unsqueeze(1) * gradients ** 2).mean(0)
`
