
B
inputPlaceholder*
dtype0*
shape:
Ç
filterConst*
dtype0*¨
valuežB›"€— ¿œ»2>3Þ<?¬Èø=V™,¿îN@½Kn>%±‡¿[Ù?²+¿	Æí½XOý½¥L>±Bé=êì¡>òª ?áQr¼¥£š¾‘>·¾öÚ]>û.?éû´<ÓPE?t=Å¿†—É>¡†—>Lòe¾F5V>lMµ>gý?¾É<¿øÖ<ª†Ó¾·Áä>£R¿™‹¾:#?ñ4{¾¨8à¾?~´=g	¾ý¾¾ÃÛ€¾C1?‚¾Ã®¿*•?H½œeÙ>Í¾®“¾Ý™›>7ùË¾Ôz¿Sa/¾Ër>üD?â?¯ÒÝ¾ŒÃ½w¾?î=ŸdÕ>
C
args_0Const*
dtype0*%
valueB"72ß>¿êÊ¾ÝS¾'+À?
…
op_FusedConv3Dinputfilterargs_0*
T0*
	fused_ops
	BiasAdd*
num_args*
paddingSAME*
strides	
