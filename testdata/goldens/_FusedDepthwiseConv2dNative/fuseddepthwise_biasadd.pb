
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"Ø@yy>4½ş»Ñ˜¿Äô	?Ó8½||k¾÷Î¾d¼=õEÇ>Ï¾1?×wb<”³Ú½.ú„<Ùw¾Ñwø>ÒÅ>“,>éL½Oş7¾Ú+V¾Ìu§¾ñka>P@H?nÍ›½Ex„¾<~J>‡1.¿™ ?ˆä¾ö€<¡/¿JHÖ=+ÉJ? }?’TŞ>î<[¿jbí¾±şI¿y«?¾Ä	»PÃ?aê?®$0¿r >Í–>>€>§ß¡<g]¾c ½¼½
ÜU>È™¿
K
args_0Const*
dtype0*-
value$B""IÀQRY¿1Mb?/¯¾–ß>::"¿
“
op_FusedDepthwiseConv2dNativeinputfilterargs_0*
T0*
	fused_ops
	BiasAdd*
num_args*
paddingSAME*
strides
